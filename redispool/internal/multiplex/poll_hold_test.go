package multiplex

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestPollHoldsUpNobodyElse: while polling helps, calls stay on one link. But while the first call waits for something that may
// take long, the next call goes to another link.
func TestPollHoldsUpNobodyElse(t *testing.T) {
	for _, c := range []struct {
		name    string
		arg     string
		prepare func(w *fakeWire, hold func()) // the first connection; nil: its opening is held up
	}{
		{"for a connection", "a", nil},
		{"for a reply", "a", func(w *fakeWire, hold func()) {
			w.inKernel = true
			w.onArrived = func() bool { return false }
			w.onReceive = func() error { hold(); return nil }
		}},
		{"for the rest of a reply of which a part has arrived", "a", func(w *fakeWire, hold func()) {
			w.inKernel = true
			w.onArrived = func() bool { return true }
			w.onReceive = func() error { hold(); return nil }
		}},
		{"for the rest of a reply of which a part was received", "a", func(w *fakeWire, hold func()) {
			w.stalled = true // so the reply is unread, and not at hand
			w.onArrived = func() bool { return false }
			w.onReceive = func() error { hold(); w.stalled = false; return nil }
		}},
		{"for the server to take many bytes", strings.Repeat("a", largeWrite+1), func(w *fakeWire, hold func()) {
			w.onSend = func(string, []any) error { hold(); return nil }
		}},
	} {
		for _, crowded := range []bool{false, true} {
			name := c.name + ", alone"
			if crowded {
				name = c.name + ", as one of many"
			}
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					goOn := make(chan struct{})
					s, isFirst := &fakeSource{idle: 1}, true
					s.opening = func(context.Context) error {
						if c.prepare == nil {
							<-goOn
						}
						return nil
					}
					s.prepare = func(w *fakeWire) {
						if isFirst && c.prepare != nil {
							c.prepare(w, func() { <-goOn })
						}
						isFirst = false
					}
					m := pollingMux(s, 2)
					if crowded {
						m.NoteMeeting()
					}
					outcomes := make(chan error, 2)
					startCall(m, nil, c.arg, outcomes)
					time.Sleep(time.Millisecond)
					startCall(m, nil, "b", outcomes)
					select {
					case err := <-outcomes:
						if err != nil {
							t.Error(err)
						}
						outcomes <- nil
					default:
						t.Error("the second call waits with the first")
					}
					close(goOn)
					allAnswered(t, outcomes, 2)
					finish(t, m, s)
					if m.links[0].blocked.Load() || m.links[1].blocked.Load() {
						t.Error("no call is under way, and a link is blocked")
					}
				})
			})
		}
	}
}

// TestPollManyCallersHoldUpNobodyElse: with many callers the reader does not poll, and blocks its link.
func TestPollManyCallersHoldUpNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSource{}
		m := pollingMux(s, 2)
		a, b := &m.links[0], &m.links[1]
		a.phase.Store(open)
		b.phase.Store(open)
		a.load.Store(1)
		b.load.Store(callersToPoll)
		w := s.makeLocked()
		go a.receiveFrom(w, false)
		synctest.Wait()
		if a.takesMore() {
			t.Error("a call comes to a link whose reader waits, and does not poll")
		}
		w.fail(errTimeout)
		synctest.Wait()
		if !a.takesMore() {
			t.Error("the reader does not wait any more, and calls go to another link")
		}
	})
}

// TestPollTakesMore: a call comes to a link that has others only if its connection can serve it soon.
func TestPollTakesMore(t *testing.T) {
	m := pollingMux(&fakeSource{}, 2)
	l := &m.links[0]
	l.load.Store(1)
	l.openingSince.Store(int64(time.Since(m.begin) + time.Hour)) // it has just begun
	for phase, want := range map[uint32]bool{closed: false, reserved: false, opening: true, open: true, closing: false,
		aloneOpening: false, aloneSending: true, aloneReading: true, aloneClosing: false} {
		if l.phase.Store(phase); l.takesMore() != want {
			t.Errorf("in phase %d a link takes more: %v", phase, !want)
		}
	}
	l.phase.Store(open)
	l.broken.Store(true)
	if l.takesMore() {
		t.Error("a call comes to a connection that is broken")
	}
}
