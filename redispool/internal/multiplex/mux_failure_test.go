package multiplex

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

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

// TestUnexpectedReplyReachesNobody: the caller of the last call in flight calls again at once, and does not get what was
// received with its first reply. Which of two goroutines comes first is left to chance, so it is tried often.
func TestUnexpectedReplyReachesNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 2000 {
			s := &fakeSource{}
			m := New(s, 1, time.Minute, wide)
			s.prepare = func(w *fakeWire) { w.stalled = len(s.wires) == 0 }
			var wg sync.WaitGroup
			wg.Go(func() {
				for _, token := range []string{"first", "second"} {
					if reply, _, err := m.Do(&Request{Ctx: t.Context(), Cmd: "ECHO", Args: []any{token}}); err != nil || reply != token {
						t.Errorf("%s: %v, %v", token, reply, err)
					}
				}
			})
			synctest.Wait()
			s.made(0).push("surplus")
			s.made(0).stall(false)
			wg.Wait()
			finish(t, m, s)
			if t.Failed() {
				return
			}
		}
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
