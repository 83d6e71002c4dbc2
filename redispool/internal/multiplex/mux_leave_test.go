package multiplex

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestLeaveInFlight: callers leave at once, the others get their own replies, and the connection goes on.
func TestLeaveInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSource{}
		ctx, cancel := context.WithCancel(t.Context())
		m, patient := stalled(t, s, 3, nil)
		hasty := make(chan error, 3)
		for i := range 3 {
			go func() { hasty <- echo(m, ctx, fmt.Sprint("hasty", i)) }()
		}
		synctest.Wait()
		startCall(m, nil, "last", patient)
		begin := time.Now()
		cancel()
		for range 3 {
			if err := <-hasty; err != context.Canceled {
				t.Error(err)
			}
		}
		if d := time.Since(begin); d != 0 {
			t.Errorf("they left after %v", d)
		}
		s.made(0).stall(false)
		allAnswered(t, patient, 4)
		finish(t, m, s)
		if st := m.Stats(); st.Left != 3 || st.Broken != 0 {
			t.Errorf("%+v", st)
		}
	})
}

// TestLeaveQueue: what was not sent when its caller left is never sent.
func TestLeaveQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		s := &fakeSource{opening: func(context.Context) error { <-hold; return nil }}
		m := New(s, 1, 0, wide)
		first := make(chan error, 1)
		startCall(m, nil, "first", first)
		ctx, cancel := context.WithCancel(t.Context())
		second := make(chan error, 1)
		startCall(m, ctx, "second", second)
		cancel()
		if err := <-second; err != context.Canceled {
			t.Error(err)
		}
		close(hold)
		allAnswered(t, first, 1)
		finish(t, m, s)
		if n := s.made(0).sends; n != 1 {
			t.Errorf("%d commands were sent", n)
		}
	})
}

// TestOpenerLeaves: the caller that opens the connection leaves, and another one goes on.
func TestOpenerLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var opens int
		s := &fakeSource{}
		s.opening = func(ctx context.Context) error {
			if opens++; opens > 2 {
				return nil
			}
			<-ctx.Done()
			return ctx.Err()
		}
		m := New(s, 1, 0, wide)
		ctx, cancel := context.WithCancel(t.Context())
		ctx2, cancel2 := context.WithCancel(t.Context())
		outcomes := []chan error{make(chan error, 1), make(chan error, 1), make(chan error, 1)}
		for i, c := range []context.Context{ctx, ctx2, nil} {
			startCall(m, c, fmt.Sprint(i), outcomes[i])
		}
		cancel()
		if err := <-outcomes[0]; err != context.Canceled {
			t.Error(err)
		}
		synctest.Wait() // the second one opens now
		cancel2()
		if err := <-outcomes[1]; err != context.Canceled {
			t.Error(err)
		}
		if err := <-outcomes[2]; err != nil {
			t.Error(err)
		}
		finish(t, m, s)
	})
}

// TestBounds: no more is under way than the bounds allow, and a call that is larger than they are goes alone.
func TestBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSource{prepare: func(w *fakeWire) { w.stalled = true }}
		m := New(s, 1, 0, Bounds{Calls: 3, Bytes: 1000})
		outcomes := make(chan error, 10)
		for i := range 5 {
			startCall(m, nil, fmt.Sprint(i), outcomes)
		}
		if n := s.made(0).sends; n != 3 {
			t.Errorf("%d calls are under way, not 3", n)
		}
		startCall(m, nil, strings.Repeat("x", 2000), outcomes)
		s.made(0).stall(false)
		allAnswered(t, outcomes, 6)
		finish(t, m, s)
	})
}

// TestTimeout: a call's own timeout counts from its sending, and the connection lives on.
func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		s := &fakeSource{opening: func(context.Context) error { <-hold; return nil }, prepare: func(w *fakeWire) { w.stalled = true }}
		m := New(s, 1, time.Minute, wide)
		begin := time.Now()
		timed := make(chan error, 1)
		go func() {
			_, _, err := m.Do(&Request{Cmd: "ECHO", Args: []any{"timed"}, Timed: true, Timeout: time.Second})
			timed <- err
		}()
		time.Sleep(10 * time.Second) // the connection is being opened
		close(hold)
		err := <-timed
		if !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(begin) != 11*time.Second {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		s.made(0).stall(false)
		if err := echo(m, nil, "after"); err != nil {
			t.Error(err)
		}
		finish(t, m, s)
		if m.Stats().Broken != 0 {
			t.Errorf("%+v", m.Stats())
		}
	})
}

// TestWatch: if all callers have left and the server does not answer, the connection ends after the grace.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSource{}
		ctx, cancel := context.WithCancel(t.Context())
		m, outcomes := stalled(t, s, 2, ctx)
		cancel()
		<-outcomes
		<-outcomes
		time.Sleep(time.Minute - 1)
		synctest.Wait()
		if s.made(0).closes() != 0 {
			t.Error("closed too early")
		}
		time.Sleep(time.Nanosecond)
		finish(t, m, s)
		if !errors.Is(s.made(0).cause, os.ErrDeadlineExceeded) {
			t.Errorf("given back with %v", s.made(0).cause)
		}
	})
}

// TestWatchSparesPatient: as long as the first caller waits, the connection stays.
func TestWatchSparesPatient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSource{}
		m, patient := stalled(t, s, 1, nil)
		ctx, cancel := context.WithCancel(t.Context())
		hasty := make(chan error, 1)
		startCall(m, ctx, "hasty", hasty)
		cancel()
		<-hasty
		time.Sleep(time.Hour)
		s.made(0).stall(false)
		allAnswered(t, patient, 1)
		finish(t, m, s)
	})
}

// TestStalledLink: calls go past a connection whose server does not answer.
func TestStalledLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSource{idle: 1}
		s.prepare = func(w *fakeWire) { w.stalled = len(s.wires) == 0 }
		m := New(s, 2, 0, wide)
		slow := make(chan error, 1)
		startCall(m, nil, "slow", slow)
		var wg sync.WaitGroup
		for g := range 20 { // more than are under way on the slow one
			wg.Go(func() {
				for i := range 50 {
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					if err := echo(m, ctx, fmt.Sprint(g, i)); err != nil && err != context.DeadlineExceeded {
						t.Error(err)
					}
					cancel()
				}
			})
		}
		wg.Wait()
		if n := m.Stats().Left; n > 3*patience {
			t.Errorf("%d calls of 1000 waited for the server that does not answer", n)
		}
		s.made(0).stall(false)
		allAnswered(t, slow, 1)
		finish(t, m, s)
	})
}
