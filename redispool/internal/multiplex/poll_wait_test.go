package multiplex

import (
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// receiveOne has a link of its own receive the reply to one command, which was sent on a wire that prepare has seen.
func receiveOne(t *testing.T, m *Mux, prepare func(w *fakeWire)) *link {
	t.Helper()
	w := m.source.(*fakeSource).makeLocked()
	if prepare != nil {
		prepare(w)
	}
	w.Send("ECHO", []any{"x"})
	w.Flush()
	l := &m.links[0]
	if got, err := l.receiveFrom(w, false); got != "x" || err != nil {
		t.Error(got, err)
	}
	return l
}

// measured counts the waits that the choice knows of. pollingMux adds two.
func measured(m *Mux) int {
	return int(m.poller.choice.polledMean.count.Load() + m.poller.choice.sleptMean.count.Load())
}

// TestPollWhatIsMeasured: the choice learns from a wait for a reply of which nothing has arrived, and from no other wait.
func TestPollWhatIsMeasured(t *testing.T) {
	for _, c := range []struct {
		name    string
		callers int64
		prepare func(w *fakeWire)
		want    int
		waits   bool
	}{
		{"a reply that has not arrived", 1, func(w *fakeWire) { w.inKernel = true }, 3, true},
		{"a reply at hand", 1, func(w *fakeWire) {}, 2, false},
		{"the rest of a reply", 1, func(w *fakeWire) { w.stalled = true }, 2, true},
		{"a large crowd", smallCrowd + 1, func(w *fakeWire) { w.inKernel = true }, 2, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := pollingMux(&fakeSource{}, 1)
			l := &m.links[0]
			l.phase.Store(open)
			l.load.Store(c.callers)
			asked, waited := false, false
			receiveOne(t, m, func(w *fakeWire) {
				c.prepare(w)
				w.onArrived = func() bool { asked = true; return true }
				w.onReceive = func() error {
					waited = l.waitsSince.Load() != 0
					w.stalled = false
					return nil
				}
			})
			if got := measured(m); got != c.want || asked != (c.want == 3) {
				t.Errorf("%d waits are measured, want %d; a reader asked: %v", got, c.want, asked)
			}
			if waited != c.waits {
				t.Errorf("while it receives, the link waits: %v", waited)
			}
		})
	}
}

// TestPollMeasuresLoneCalls: a connection that no link uses is polled and measured like one of a link.
func TestPollMeasuresLoneCalls(t *testing.T) {
	for _, inKernel := range []bool{true, false} {
		s := &fakeSource{}
		m := pollingMux(s, 1)
		w := s.makeLocked()
		w.inKernel = inKernel
		w.onArrived = func() bool { return true }
		w.Send("ECHO", []any{"x"})
		w.Flush()
		if got, err := m.Receive(w); got != "x" || err != nil {
			t.Error(got, err)
		}
		if n := measured(m); n != 3 && inKernel || n != 2 && !inKernel || m.Stats().Polled > 0 != inKernel {
			t.Errorf("in the kernel %v: %d waits are measured, %d polled", inKernel, n, m.Stats().Polled)
		}
	}
}

// TestPollAfterAPanic: a panic of the connection's while a reader asks ends its poll. Later readers poll.
func TestPollAfterAPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSource{prepare: func(w *fakeWire) {
			w.inKernel = true
			w.onArrived = func() bool { panic("asked") }
		}}
		m := pollingMux(s, 1)
		func() {
			defer func() {
				if recover() != "asked" {
					t.Error("the caller does not get the panic")
				}
			}()
			echo(m, nil, "x")
		}()
		if polling.Load() {
			t.Fatal("nobody polls, and nobody else may")
		}
		synctest.Wait()
		var asks atomic.Int64
		s.prepare = slowly(1, &asks)
		if err := echo(m, nil, "y"); err != nil || asks.Load() != 1 {
			t.Errorf("%v, asked %d times", err, asks.Load())
		}
		finish(t, m, s)
	})
}

// TestPollSlowReply: one slow command counts as a wait of a few limits.
func TestPollSlowReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := New(&fakeSource{}, 1, 0, wide)
		m.PollFor(testLimit)
		m.poller.choice.waits.Store(trialLength) // no trial
		receiveOne(t, m, func(w *fakeWire) {
			w.inKernel = true
			w.onReceive = func() error { time.Sleep(time.Hour); return nil }
		})
		if got := time.Duration(m.poller.choice.sleptMean.ns.Load()); got != 8*testLimit {
			t.Errorf("it counts as %v", got)
		}
	})
}

// TestPollBackoffIsBounded: however long polls are in vain, another one comes.
func TestPollBackoffIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &poller{limit: testLimit, backoff: longestBackoff}
		p.tryPoll(&fakeWire{onArrived: func() bool { return false }}, time.Now())
		if p.skip != longestBackoff || p.backoff != longestBackoff {
			t.Errorf("the next %d waits are not polled, and later %d", p.skip, p.backoff)
		}
	})
}

// blind is a connection that cannot tell whether something has arrived.
type blind struct {
	*fakeWire
	asks int
}

func (b *blind) Arrived() (arrived, known bool) { b.asks++; return false, false }

// TestPollOfABlindConnection: a reader asks a connection once that cannot tell.
func TestPollOfABlindConnection(t *testing.T) {
	p, b := &poller{limit: testLimit}, &blind{}
	if p.poll(b, time.Now().Add(time.Hour)); b.asks != 1 {
		t.Errorf("asked %d times", b.asks)
	}
}

// TestPollForTheLimit: polling ends with the time.
func TestPollForTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, asks := &poller{limit: testLimit}, 0
		w := &fakeWire{onArrived: func() bool { asks++; time.Sleep(time.Microsecond); return false }}
		if p.poll(w, time.Now().Add(testLimit)); asks != int(testLimit/time.Microsecond) {
			t.Errorf("asked %d times in %v", asks, testLimit)
		}
	})
}

// TestPollLetsOthersRun: on one processor other goroutines run between two questions. One of them may be the server.
func TestPollLetsOthersRun(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var arrived atomic.Bool
	asks := 0
	p := &poller{limit: testLimit}
	go arrived.Store(true)
	p.poll(&fakeWire{onArrived: func() bool { asks++; return arrived.Load() }}, time.Now().Add(time.Hour))
	if asks > 10 {
		t.Errorf("asked %d times before another goroutine ran", asks)
	}
}

// TestSmallWrite: a small write is not noted as one that may take long.
func TestSmallWrite(t *testing.T) {
	for _, size := range []int{largeWrite, largeWrite + 1} {
		m := New(&fakeSource{}, 2, 0, wide)
		if m.links[0].noteLargeWrite(size); m.links[0].waitsLong() != (size > largeWrite) {
			t.Errorf("after %d bytes the link waits: %v", size, m.links[0].waitsLong())
		}
	}
}

// TestPollChoiceWithoutPolls: where no connection can tell, polling does not help.
func TestPollChoiceWithoutPolls(t *testing.T) {
	var choice pollChoice
	for range 2 * trialEvery {
		choice.decide()
		choice.add(false, time.Millisecond)
		if choice.helps() {
			t.Fatal("polling helps, although nobody has polled")
		}
	}
}
