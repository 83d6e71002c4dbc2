package multiplex

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestTogetherHoldsUpNobody: the calls of a small crowd stay on one link. But when the first call has waited for something for
// long, the next call goes to another link.
func TestTogetherHoldsUpNobody(t *testing.T) {
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
					if m.links[0].waitsSince.Load() != 0 || m.links[1].waitsSince.Load() != 0 {
						t.Error("no call is under way, and a link waits")
					}
				})
			})
		}
	}
}

// TestTogether: a call of a small crowd comes to a link that has others, unless the link waits for long.
func TestTogether(t *testing.T) {
	s := &fakeSource{idle: 1}
	m := New(s, 2, 0, wide)
	a, b := &m.links[0], &m.links[1]
	expect := func(why string, want *link) {
		t.Helper()
		got, own := m.pick(&Request{})
		if own != nil { // the link is reserved
			got.phase.Store(closed)
		}
		if got != want {
			t.Errorf("%s: a call comes to the wrong link", why)
		}
	}
	since := func(ago time.Duration) { a.waitsSince.Store(int64(time.Since(m.begin)-ago) | 1) }
	a.phase.Store(open)
	a.load.Store(1)
	expect("the link waits for nothing", a)
	since(-time.Hour)
	expect("the link has just begun to wait", a)
	since(time.Hour)
	expect("the link has waited for long", b)
	a.goesOn()
	a.load.Store(smallCrowd)
	expect("a small crowd", a)
	a.load.Store(smallCrowd + 1)
	expect("a large crowd", b)
	a.load.Store(1)
	a.lastBatch.Store(smallCrowd + 1)
	expect("the callers of the last batch are about to call", b)
	a.lastBatch.Store(1)
	b.phase.Store(open)
	b.load.Store(smallCrowd)
	expect("a large crowd on two links", a) // because it has less under way
	a.load.Store(smallCrowd + 1)
	b.load.Store(1)
	expect("a large crowd on two links, the other way", b)
}

// TestTakesMore: a call comes to a link that has others only if its connection can serve it soon.
func TestTakesMore(t *testing.T) {
	m := New(&fakeSource{}, 2, 0, wide)
	l := &m.links[0]
	for phase, want := range map[uint32]bool{closed: false, reserved: false, opening: true, open: true, closing: true,
		aloneOpening: false, aloneSending: true, aloneReading: true, aloneClosing: false} {
		if l.phase.Store(phase); l.takesMore() != want {
			t.Errorf("in phase %d a link takes more: %v", phase, !want)
		}
	}
	l.phase.Store(open)
	for _, flag := range []*atomic.Bool{&l.broken, &l.retiring, &l.replies.large} {
		flag.Store(true)
		if l.takesMore() {
			t.Error("a call comes to a connection that will not send it, or that is busy with large replies")
		}
		flag.Store(false)
	}
}

// TestTogetherAfterALoneCall: a second caller joins a lone one that waits for its connection, or gives it back. When that takes
// long, the third caller goes to another link.
func TestTogetherAfterALoneCall(t *testing.T) {
	for name, phase := range map[string]uint32{"opening": aloneOpening, "closing": aloneClosing} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, goOn := heldAt(phase, nil)
				m := New(s, 2, 0, wide)
				outcomes, third := make(chan error, 2), make(chan error, 1)
				startCall(m, nil, "first", outcomes)
				startCall(m, nil, "second", outcomes)
				s.mu.Lock()
				s.idle = 1
				s.mu.Unlock()
				time.Sleep(time.Millisecond)
				startCall(m, nil, "third", third)
				select {
				case err := <-third:
					third <- err
				default:
					t.Error("the third call waits with the others")
				}
				close(goOn)
				allAnswered(t, outcomes, 2)
				allAnswered(t, third, 1)
				finish(t, m, s)
				if m.links[0].waitsSince.Load() != 0 || m.links[1].waitsSince.Load() != 0 {
					t.Error("no call is under way, and a link waits")
				}
			})
		})
	}
}

// TestWaitsLong: a link waits for long when a reply from the same machine would have come.
func TestWaitsLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &New(&fakeSource{}, 2, 0, wide).links[0]
		l.waits()
		time.Sleep(soon)
		if l.waitsLong() {
			t.Errorf("%v are long", soon)
		}
		time.Sleep(2 * time.Nanosecond)
		if !l.waitsLong() {
			t.Errorf("%v and more are not long", soon)
		}
		l.goesOn()
		if l.waitsLong() {
			t.Error("a link that goes on waits")
		}
	})
}

// TestCrowdOfAClosedLink: the callers of a link's last batch do not count when the link has given its connection back.
func TestCrowdOfAClosedLink(t *testing.T) {
	m := New(&fakeSource{}, 2, 0, wide)
	l := &m.links[0]
	l.lastBatch.Store(smallCrowd + 1)
	if m.isLargeCrowd() {
		t.Error("a link at rest has a large crowd")
	}
	if l.phase.Store(open); !m.isLargeCrowd() {
		t.Error("the callers of the last batch do not count")
	}
}

// TestTogetherPassesAClose: a call does not wait behind a close that takes long.
func TestTogetherPassesAClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, goOn := heldAt(aloneClosing, nil)
		s.idle = 1
		m := New(s, 2, 0, wide)
		m.NoteMeeting() // so the first call is not alone
		outcomes := make(chan error, 2)
		startCall(m, nil, "first", outcomes)
		time.Sleep(time.Millisecond)
		if l, own := m.pick(&Request{}); l != &m.links[1] || own == nil {
			t.Error("a call waits for the close")
		} else {
			l.phase.Store(closed)
			own.Close(nil, false)
		}
		close(goOn)
		allAnswered(t, outcomes, 1)
		finish(t, m, s)
	})
}

// TestTogetherAfterAnOpening: when a link has its connection, it waits for nothing, although the opening has taken long.
func TestTogetherAfterAnOpening(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m *Mux
		s := &fakeSource{opening: func(context.Context) error { time.Sleep(time.Second); return nil }}
		s.prepare = func(w *fakeWire) {
			w.onSend = func(string, []any) error {
				if m.links[0].waitsLong() {
					t.Error("the link waits, and has its connection")
				}
				return nil
			}
		}
		m = New(s, 2, 0, wide)
		m.NoteMeeting()
		if err := echo(m, nil, "x"); err != nil {
			t.Error(err)
		}
		finish(t, m, s)
	})
}

// TestLastBatch: a link knows how many calls its last batch had. One that was alone until another one came is a batch.
func TestLastBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, goOn := heldAt(aloneOpening, nil)
		m := New(s, 1, 0, wide)
		outcomes := make(chan error, 3)
		for range 3 {
			startCall(m, nil, "x", outcomes)
		}
		close(goOn)
		allAnswered(t, outcomes, 3)
		if got := m.links[0].lastBatch.Load(); got != 3 {
			t.Errorf("three calls went together, and the last batch had %d", got)
		}
		finish(t, m, s)

		s, goOn = heldAt(aloneReading, nil)
		m = New(s, 1, 0, wide)
		m.links[0].lastBatch.Store(3)
		startCall(m, nil, "x", outcomes)
		m.links[0].mu.Lock()
		m.links[0].toManyLocked()
		m.links[0].mu.Unlock()
		if got := m.links[0].lastBatch.Load(); got != 1 {
			t.Errorf("a lone call is a batch of %d", got)
		}
		close(goOn)
		allAnswered(t, outcomes, 1)
		finish(t, m, s)
	})
}

// TestReplySizes: a link has large replies when many of them are, and small ones when all others were.
func TestReplySizes(t *testing.T) {
	var s replySizes
	note := func(isLarge bool, n int) {
		for range n {
			s.note(isLarge)
		}
	}
	expect := func(when string, want bool) {
		t.Helper()
		if s.large.Load() != want {
			t.Errorf("%s: large %v", when, !want)
		}
	}
	for range 100 { // the buffer ends within each fourth reply
		note(true, 1)
		note(false, 3)
	}
	expect("a fourth is large", false)
	note(true, surelyLarge-1)
	expect("a few large ones", false)
	note(true, 1)
	expect("many large ones", true)
	note(true, 100)
	note(false, surelyLarge-1)
	expect("a few small ones after many large ones", true)
	note(false, 1)
	expect("many small ones", false)
}

// TestLargeRepliesAreSpread: calls with large replies do not stay on one link.
func TestLargeRepliesAreSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSource{}
		m := New(s, 1, 0, wide)
		w := s.makeLocked()
		l := &m.links[0]
		w.stalled = true // so that an unread reply is not at hand
		w.onReceive = func() error { w.credit = 1; return nil }
		for range surelyLarge {
			w.push("x")
			l.receiveFrom(w, false)
		}
		if !l.replies.large.Load() {
			t.Error("each reply had begun, and was not at hand: they are not large")
		}
	})
}
