package multiplex

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/gomodule/redigo/redis"
)

// TestAloneTakesNoLock: a call that is alone needs neither the lock of its link nor another goroutine.
func TestAloneTakesNoLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSource{}
		m := New(s, 1, 0, wide)
		m.links[0].mu.Lock()
		for i := range 3 {
			if err := echo(m, nil, fmt.Sprint(i)); err != nil {
				t.Error(err)
			}
		}
		m.links[0].mu.Unlock()
		if st := m.Stats(); st.Calls != 3 || st.Flushes != 3 {
			t.Errorf("%+v", st)
		}
		finished(t, m, s)
	})
}

// heldAt makes a source in which the first lone call stops in a phase, until go on is closed. It then goes on with what
// happens, which may panic.
func heldAt(phase uint32, happens func() error) (s *fakeSource, goOn chan struct{}) {
	goOn = make(chan struct{})
	first := true
	hold := func() error {
		if !first {
			return nil
		}
		first = false
		<-goOn
		if happens == nil {
			return nil
		}
		return happens()
	}
	s = &fakeSource{}
	if phase == aloneOpening {
		s.opening = func(context.Context) error { return hold() }
		return s, goOn
	}
	s.prepare = func(w *fakeWire) {
		switch phase {
		case aloneSending:
			w.onSend = func(string, []any) error { return hold() }
		case aloneReading:
			w.onReceive = hold
		case aloneClosing:
			w.onClose = func() { hold() }
		}
	}
	return s, goOn
}

// startHeld starts a lone call that stops in a phase, and then others.
func startHeld(t *testing.T, s *fakeSource, phase uint32, others ...context.Context) (m *Mux, lone chan any, outcomes chan error) {
	m, lone, outcomes = New(s, 1, 0, wide), make(chan any, 1), make(chan error, len(others))
	go func() {
		defer func() {
			if value := recover(); value != nil {
				lone <- value
			}
		}()
		if err := echo(m, nil, "lone"); err != nil {
			lone <- err
		} else {
			lone <- nil
		}
	}()
	synctest.Wait()
	if p := m.links[0].phase.Load(); p != phase {
		t.Fatalf("the lone call is in phase %d, want %d", p, phase)
	}
	for i, ctx := range others {
		startCall(m, ctx, fmt.Sprint("other ", i), outcomes)
	}
	return m, lone, outcomes
}

var lonePhases = map[string]uint32{"opening": aloneOpening, "sending": aloneSending, "reading": aloneReading, "closing": aloneClosing}

// TestAloneIsJoined: others come while a call is alone. All are answered, and use the connection of the lone call if they
// can.
func TestAloneIsJoined(t *testing.T) {
	for name, phase := range lonePhases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				s, goOn := heldAt(phase, nil)
				m, lone, outcomes := startHeld(t, s, phase, nil, ctx, nil)
				if st := m.Stats(); st.UnderWay < 3 || phase != aloneOpening && st.Connections != 1 {
					t.Errorf("%+v", st)
				}
				close(goOn)
				if got := <-lone; got != nil {
					t.Error(got)
				}
				allAnswered(t, outcomes, 3)
				finish(t, m, s)
				want := 1
				if phase == aloneClosing {
					want = 2
				}
				if len(s.wires) != want {
					t.Errorf("%d connections, want %d", len(s.wires), want)
				}
				if st := m.Stats(); st.Calls != 4 {
					t.Errorf("%+v", st)
				}
			})
		})
	}
}

// TestAloneFails: the connection of a lone call breaks, or a wrapper of it panics. A call that was
// in the queue is answered over the next connection. A call that may have reached the server gets the error.
func TestAloneFails(t *testing.T) {
	broken := errors.New("broken")
	for name, phase := range lonePhases {
		for _, panics := range []bool{false, true} {
			for _, others := range [][]context.Context{nil, {nil}} {
				if phase == aloneClosing && !panics {
					continue
				}
				t.Run(fmt.Sprintf("%s, panics %v, %d others", name, panics, len(others)), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s, goOn := heldAt(phase, func() error {
							if panics {
								panic(broken)
							}
							return broken
						})
						m, lone, outcomes := startHeld(t, s, phase, others...)
						close(goOn)
						if got := <-lone; got != broken {
							t.Errorf("the lone call has got %v", got)
						}
						if len(others) > 0 {
							err := <-outcomes
							if lost := phase == aloneOpening || phase == aloneReading; (err != nil) != lost {
								t.Errorf("the other call has got %v", err)
							}
						}
						synctest.Wait()
						if phase != aloneClosing {
							finished(t, m, s)
						}
						if err := echo(m, nil, "afterwards"); err != nil {
							t.Error(err)
						}
					})
				})
			}
		}
	}
}

// TestAloneRetires: after some error replies nothing more is sent on the connection.
func TestAloneRetires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, goOn := heldAt(aloneReading, func() error { return redis.Error("READONLY") })
		m, lone, outcomes := startHeld(t, s, aloneReading, nil)
		w := s.made(0)
		w.stall(true)
		close(goOn)
		if got := <-lone; got != redis.Error("READONLY") {
			t.Errorf("the lone call has got %v", got)
		}
		startCall(m, nil, "late", outcomes)
		w.stall(false)
		allAnswered(t, outcomes, 2)
		finish(t, m, s)
		if w.sends != 2 || len(s.wires) != 2 {
			t.Errorf("%d calls were sent on the first of %d connections", w.sends, len(s.wires))
		}
	})
}

// TestAloneUnexpectedReply: after a reply too many nobody uses the connection any more.
func TestAloneUnexpectedReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, goOn := heldAt(aloneReading, nil)
		m, lone, _ := startHeld(t, s, aloneReading)
		s.made(0).push("nobody asked")
		close(goOn)
		if got := <-lone; got != nil {
			t.Errorf("the lone call has got %v", got)
		}
		finish(t, m, s)
		if cause := s.made(0).cause; !errors.Is(cause, errUnexpected) {
			t.Errorf("the connection was given back for %v", cause)
		}
	})
}

// TestAloneIsShut: a lone call goes on, as calls under way do.
func TestAloneIsShut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, goOn := heldAt(aloneReading, nil)
		m, lone, _ := startHeld(t, s, aloneReading)
		m.Refresh()
		m.Shut(errors.New("shut"))
		close(goOn)
		if got := <-lone; got != nil {
			t.Errorf("the lone call has got %v", got)
		}
		finish(t, m, s)
		if err := echo(m, nil, "afterwards"); err == nil || err.Error() != "shut" {
			t.Error(err)
		}
	})
}

// TestOpeningBoundsTheQueue: a caller that cannot leave its call waits for a connection that another caller opens for no
// longer than Opening. Once there is a connection, Opening counts no more.
func TestOpeningBoundsTheQueue(t *testing.T) {
	for _, opened := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s, goOn := heldAt(aloneOpening, nil)
			s.prepare = func(w *fakeWire) { w.stalled = true }
			m, lone, _ := startHeld(t, s, aloneOpening)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			bounded := make(chan Outcome, 1)
			go func() {
				_, o, err := m.Do(&Request{Opening: ctx, Cmd: "ECHO", Args: []any{"bounded"}})
				if (err != nil) == opened {
					t.Error(err)
				}
				bounded <- o
			}()
			synctest.Wait()
			if opened {
				close(goOn)
				synctest.Wait()
			}
			cancel()
			synctest.Wait()
			if !opened {
				if o := <-bounded; o != NotOpened {
					t.Errorf("outcome %d", o)
				}
				close(goOn)
				synctest.Wait()
			}
			s.made(0).stall(false)
			if got := <-lone; got != nil {
				t.Error(got)
			}
			if opened {
				if o := <-bounded; o != Over {
					t.Errorf("outcome %d", o)
				}
			}
			finish(t, m, s)
		})
	}
}
