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

// echo calls and checks that the reply is the call's own.
func echo(m *Mux, ctx context.Context, token string) error {
	reply, _, err := m.Do(&Request{Ctx: ctx, Cmd: "ECHO", Args: []any{token}})
	if err == nil && reply != token {
		return fmt.Errorf("got %v for %q", reply, token)
	}
	return err
}

// startCall has a caller echo a token on another goroutine, and returns when it waits for something.
func startCall(m *Mux, ctx context.Context, token string, outcomes chan<- error) {
	go func() { outcomes <- echo(m, ctx, token) }()
	synctest.Wait()
}

// allAnswered waits for n callers, none of which may get an error.
func allAnswered(t *testing.T, outcomes <-chan error, n int) {
	t.Helper()
	for range n {
		if err := <-outcomes; err != nil {
			t.Error(err)
		}
	}
}

func TestReplies(t *testing.T) {
	for _, links := range []int{1, 3} {
		for _, callers := range []int{1, 2, 5, 50} {
			for _, mayLeave := range []bool{false, true} {
				synctest.Test(t, func(t *testing.T) {
					s := &fakeSource{idle: 1}
					m := New(s, links, time.Second, wide)
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					if !mayLeave {
						ctx = nil
					}
					var wg sync.WaitGroup
					for g := range callers {
						wg.Go(func() {
							for i := range 100 {
								if err := echo(m, ctx, fmt.Sprintf("%d-%d", g, i)); err != nil {
									t.Error(err)
								}
							}
						})
					}
					wg.Wait()
					finish(t, m, s)
					if st := m.Stats(); st.Calls != uint64(100*callers) || st.Broken != 0 || st.Left != 0 {
						t.Errorf("%+v", st)
					}
				})
			}
		}
	}
}

// TestErrorReplies: an error reply is the caller's, and the connection goes on.
func TestErrorReplies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSource{}
		m := New(s, 1, 0, wide)
		_, o, err := m.Do(&Request{Cmd: "FAIL", Args: []any{"ERR no"}})
		if err == nil || err.Error() != "ERR no" || o != Over {
			t.Errorf("%v, %v", o, err)
		}
		finished(t, m, s)
	})
}

// stalled makes a Mux whose first connection has a server that does not answer, and n callers that wait for it.
func stalled(t *testing.T, s *fakeSource, n int, ctx context.Context) (m *Mux, outcomes chan error) {
	s.prepare = func(w *fakeWire) { w.stalled = len(s.wires) == 0 }
	m = New(s, 1, time.Minute, wide)
	outcomes = make(chan error, n)
	for i := range n {
		startCall(m, ctx, fmt.Sprint(i), outcomes)
	}
	return m, outcomes
}

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

func TestOpenFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		s := &fakeSource{openErr: errors.New("refused"), opening: func(context.Context) error { <-hold; return nil }}
		m := New(s, 1, 0, wide)
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				if _, o, err := m.Do(&Request{Cmd: "PING"}); err != s.openErr || o != NotOpened {
					t.Errorf("%v, %v", o, err)
				}
			})
		}
		synctest.Wait()
		close(hold)
		wg.Wait()
		finished(t, m, s)
	})
}

// TestBreaks: every caller on the connection gets the cause, and the next connection serves those that come later.
func TestBreaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSource{}
		m, outcomes := stalled(t, s, 5, nil)
		cause := errors.New("reset by peer")
		s.made(0).fail(cause)
		for range 5 {
			if err := <-outcomes; err != cause {
				t.Error(err)
			}
		}
		if err := echo(m, nil, "later"); err != nil {
			t.Error(err)
		}
		finish(t, m, s)
		if s.made(0).cause != cause {
			t.Errorf("given back with %v", s.made(0).cause)
		}
	})
}

// TestSendFails: an error in the middle of a batch ends the connection for all of it.
func TestSendFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold, cause := make(chan struct{}), errors.New("cannot be encoded")
		s := &fakeSource{opening: func(context.Context) error { <-hold; return nil }}
		s.prepare = func(w *fakeWire) {
			w.onSend = func(_ string, args []any) error {
				if args[0] == "2" {
					return cause
				}
				return nil
			}
		}
		m := New(s, 1, 0, wide)
		outcomes := make(chan error, 5)
		for i := range 5 {
			startCall(m, nil, fmt.Sprint(i), outcomes)
		}
		close(hold)
		for range 5 {
			if err := <-outcomes; err != cause {
				t.Error(err)
			}
		}
		finish(t, m, s)
	})
}

// TestUnexpectedReply: after a reply without a command nobody knows which reply is whose, so the connection ends.
func TestUnexpectedReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSource{prepare: func(w *fakeWire) {
			w.onSend = func(string, []any) error { return nil }
		}}
		m, outcomes := stalled(t, s, 3, nil)
		w := s.made(0)
		w.push("surplus") // behind the replies of the three
		w.stall(false)
		allAnswered(t, outcomes, 3)
		synctest.Wait()
		if w.cause != errUnexpected {
			t.Errorf("given back with %v", w.cause)
		}
		if err := echo(m, nil, "later"); err != nil {
			t.Error(err)
		}
		finish(t, m, s)
	})
}

// TestRetire: after a READONLY what is in flight is answered, and the rest goes to another connection.
func TestRetire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSource{}
		m, outcomes := stalled(t, s, 2, nil)
		refused := make(chan error, 1)
		go func() {
			_, _, err := m.Do(&Request{Cmd: "FAIL", Args: []any{"READONLY"}})
			refused <- err
		}()
		synctest.Wait()
		startCall(m, nil, "behind", outcomes)
		s.made(0).stall(false)
		allAnswered(t, outcomes, 3)
		if err := <-refused; err == nil || err.Error() != "READONLY" {
			t.Error(err)
		}
		finish(t, m, s)
	})
}

// TestRefresh: a connection that is outdated takes no further calls. Those go to another one.
func TestRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSource{}
		m, outcomes := stalled(t, s, 2, nil)
		s.made(0).outdated = true
		m.Refresh()
		startCall(m, nil, "later", outcomes)
		if n := s.made(0).sends; n != 2 {
			t.Errorf("%d calls were sent on the connection that is outdated", n)
		}
		s.made(0).stall(false)
		allAnswered(t, outcomes, 3)
		finish(t, m, s)
		if len(s.wires) != 2 {
			t.Errorf("%d connections", len(s.wires))
		}
	})
}

// TestOutdatedUnderLoad: a connection that is never quiet is asked now and then whether it is outdated.
func TestOutdatedUnderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSource{}
		m, outcomes := stalled(t, s, 1, nil)
		s.made(0).outdated = true
		for i := range 3 {
			time.Sleep(checkEvery)
			startCall(m, nil, fmt.Sprint("busy", i), outcomes)
		}
		if n := s.made(0).sends; n != 2 { // the first time only notes when to ask
			t.Errorf("%d calls were sent", n)
		}
		s.made(0).stall(false)
		allAnswered(t, outcomes, 4)
		finish(t, m, s)
	})
}

func TestShut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSource{}
		m, outcomes := stalled(t, s, 2, nil)
		closed := errors.New("closed")
		m.Shut(closed)
		if _, o, err := m.Do(&Request{Cmd: "PING"}); err != closed || o != NotOpened {
			t.Errorf("%v, %v", o, err)
		}
		s.made(0).stall(false)
		allAnswered(t, outcomes, 2)
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

// TestPanic: a panic of the connection, or of a wrapper, reaches a caller that is in it, and the others get an error.
func TestPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSource{prepare: func(w *fakeWire) {
			w.onSend = func(_ string, args []any) error {
				if args[0] == "bad" {
					panic("bad")
				}
				return nil
			}
		}}
		m := New(s, 1, 0, wide)
		func() {
			defer func() {
				if v := recover(); v != "bad" {
					t.Errorf("recovered %v", v)
				}
			}()
			echo(m, nil, "bad")
		}()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		if err := echo(m, ctx, "bad"); err == nil || !strings.Contains(err.Error(), "panicked: bad") {
			t.Error(err)
		}
		if err := echo(m, nil, "good"); err != nil {
			t.Error(err)
		}
		finish(t, m, s)
	})
}

// owned is an argument whose method panics, as one of the program's own may.
type owned struct{}

func (owned) RedisArg() any { panic("own") }

// TestArgumentPanics: the program's code runs on the caller's goroutine before anything is sent.
func TestArgumentPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSource{}
		m, outcomes := stalled(t, s, 2, nil)
		func() {
			defer func() {
				if v := recover(); v != "own" {
					t.Errorf("recovered %v", v)
				}
			}()
			m.Do(&Request{Cmd: "ECHO", Args: []any{owned{}}})
		}()
		s.made(0).stall(false)
		allAnswered(t, outcomes, 2)
		finish(t, m, s)
		if m.Stats().Broken != 0 {
			t.Error("the connection has ended")
		}
	})
}

// TestBytesAreCopied: a caller that has left may change its bytes.
func TestBytesAreCopied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		var sent []string
		s := &fakeSource{opening: func(context.Context) error { <-hold; return nil }, prepare: func(w *fakeWire) {
			w.onSend = func(_ string, args []any) error {
				if b, ok := args[0].([]byte); ok {
					sent = append(sent, string(b))
				} else {
					sent = append(sent, fmt.Sprint(args[0]))
				}
				return nil
			}
		}}
		m := New(s, 1, 0, wide)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		arg, args := []byte("before"), make([]any, 1)
		args[0] = arg
		done := make(chan struct{})
		go func() {
			defer close(done)
			m.Do(&Request{Ctx: ctx, Cmd: "ECHO", Args: args})
		}()
		go echo(m, nil, "other")
		synctest.Wait()
		copy(arg, "after!")
		args[0] = "after"
		close(hold)
		<-done
		synctest.Wait()
		if strings.Contains(fmt.Sprint(sent), "after") {
			t.Errorf("sent %q", sent)
		}
		finish(t, m, s)
	})
}
