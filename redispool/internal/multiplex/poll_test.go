package multiplex

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const testLimit = 50 * time.Microsecond

// pollingMux is a Mux whose readers poll, except in trials.
func pollingMux(s *fakeSource, links int) *Mux {
	m := New(s, links, 0, wide)
	m.PollFor(testLimit)
	c := &m.poller.choice
	c.add(true, time.Microsecond)
	c.add(false, time.Millisecond)
	c.waits.Store(trialLength)
	return m
}

// slowly has each reply arrive at the nth ask, and counts the asks.
func slowly(n int, asks *atomic.Int64) func(*fakeWire) {
	return func(w *fakeWire) {
		w.inKernel = true
		w.onArrived = func() bool { return asks.Add(1)%int64(n) == 0 }
	}
}

// TestPoll: a reader asks until something has arrived, and then receives. It does not sleep.
func TestPoll(t *testing.T) {
	for _, callers := range []int{1, 3, 20} {
		t.Run(fmt.Sprint(callers), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var asks atomic.Int64
				s := &fakeSource{prepare: slowly(7, &asks)}
				m := pollingMux(s, 1)
				var wg sync.WaitGroup
				for g := range callers {
					wg.Go(func() {
						for i := range 30 {
							if err := echo(m, nil, fmt.Sprint(g, "-", i)); err != nil {
								t.Error(err)
							}
						}
					})
				}
				wg.Wait()
				finish(t, m, s)
				st := m.Stats()
				if st.Polled == 0 || asks.Load() != int64(7*st.Polled) {
					t.Errorf("%d waits were polled, with %d asks", st.Polled, asks.Load())
				}
				if callers == 1 && st.Polled != 30 {
					t.Errorf("a lone caller polled %d times for 30 replies", st.Polled)
				}
				if m.links[0].waitsSince.Load() != 0 {
					t.Error("no call is under way, and a link waits")
				}
			})
		})
	}
}

// TestPollEnds: polling ends although nothing arrives, and although the clock stands still, as in this bubble.
func TestPollEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asks int
		s := &fakeSource{prepare: func(w *fakeWire) {
			w.inKernel = true
			w.onArrived = func() bool { asks++; return false }
		}}
		m := pollingMux(s, 1)
		if err := echo(m, nil, "x"); err != nil {
			t.Error(err)
		}
		if want := int(testLimit / shortestAsk); asks != want {
			t.Errorf("asked %d times, want %d", asks, want)
		}
		finish(t, m, s)
	})
}

// TestPollInVain: after each poll in vain readers poll more rarely. After a poll that was not in vain they poll at every wait.
func TestPollInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		arrives := false
		s := &fakeSource{prepare: func(w *fakeWire) {
			w.inKernel = true
			w.onArrived = func() bool { return arrives }
		}}
		m := pollingMux(s, 1)
		m.poller.choice.polledMean.count.Store(1 << 20) // these waits do not change the choice
		var at []int
		for i := range 40 {
			before := m.Stats().Polled
			if err := echo(m, nil, "x"); err != nil {
				t.Fatal(err)
			}
			if m.Stats().Polled > before {
				at = append(at, i)
			}
		}
		if got, want := fmt.Sprint(at), "[0 1 3 7 15 31]"; got != want {
			t.Errorf("polled at the waits %v, want %v", got, want)
		}
		arrives = true
		for range 40 {
			echo(m, nil, "x")
		}
		if got := m.Stats().Polled; got != 6+40-23 { // no reader polls in the 31 waits after wait 31, of which 8 are over
			t.Errorf("%d polls", got)
		}
		if m.poller.backoff != 0 {
			t.Errorf("the next backoff is %d", m.poller.backoff)
		}
		finish(t, m, s)
	})
}

// TestPollOneAtATime: one goroutine of the program polls. The reader of another Mux sleeps meanwhile.
func TestPollOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		goOn := make(chan struct{})
		first := &fakeSource{prepare: func(w *fakeWire) {
			w.inKernel = true
			w.onArrived = func() bool { <-goOn; return true }
		}}
		var asks atomic.Int64
		second := &fakeSource{prepare: slowly(1, &asks)}
		a, b := pollingMux(first, 1), pollingMux(second, 1)
		outcomes := make(chan error, 1)
		startCall(a, nil, "a", outcomes)
		if err := echo(b, nil, "b"); err != nil || asks.Load() != 0 {
			t.Errorf("%v; asked %d times while another goroutine polled", err, asks.Load())
		}
		close(goOn)
		allAnswered(t, outcomes, 1)
		if err := echo(b, nil, "b"); err != nil || asks.Load() != 1 {
			t.Errorf("%v; asked %d times when nobody else polled", err, asks.Load())
		}
		finish(t, a, first)
		finish(t, b, second)
	})
}

// TestPollNeedsAnAnswer: on a connection that cannot tell nobody polls, and that is no poll in vain.
func TestPollNeedsAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSource{prepare: func(w *fakeWire) { w.inKernel = true }}
		m := pollingMux(s, 1)
		for range 10 {
			if err := echo(m, nil, "x"); err != nil {
				t.Error(err)
			}
		}
		if n := m.Stats().Polled; n != 0 || m.poller.backoff != 0 {
			t.Errorf("%d polls, a backoff of %d", n, m.poller.backoff)
		}
		finish(t, m, s)
	})
}

// TestPollSmallCrowd: with many calls under way nobody polls.
func TestPollSmallCrowd(t *testing.T) {
	for underWay, want := range map[int64]int64{smallCrowd: 1, smallCrowd + 1: 0} {
		var asks atomic.Int64
		s := &fakeSource{prepare: slowly(1, &asks)}
		m := pollingMux(s, 2)
		w, _ := s.Open(t.Context())
		w.Send("ECHO", nil)
		w.Flush()
		m.links[1].phase.Store(open)
		m.links[1].load.Store(underWay)
		if _, err := m.links[0].receiveFrom(w, false); err != nil || asks.Load() != want {
			t.Errorf("%d calls under way: asked %d times, want %d (%v)", underWay, asks.Load(), want, err)
		}
	}
}

// TestPollChoice: readers poll if they waited for a shorter time with it, and try the other way now and then.
func TestPollChoice(t *testing.T) {
	const quick, slow = 20 * time.Microsecond, 40 * time.Microsecond
	for _, c := range []struct {
		name          string
		polled, slept time.Duration
		helps         bool
	}{
		{"idle processors", quick, slow, true},
		{"busy processors", slow, quick, false},
		{"a server far away", slow, slow, false},
		{"a gain that is too small", slow - slow/17, slow, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var choice pollChoice
			polls := 0
			for i := range 4 * trialEvery {
				p := choice.decide()
				if p {
					choice.add(true, c.polled)
				} else {
					choice.add(false, c.slept)
				}
				if p && i >= trialEvery { // both means are known
					polls++
				}
			}
			want := 3 * trialLength
			if c.helps {
				want = 3 * (trialEvery - trialLength)
			}
			if polls != want {
				t.Errorf("polled at %d of %d waits, want %d", polls, 3*trialEvery, want)
			}
			if choice.helps() != c.helps {
				t.Errorf("polling helps: %v", !c.helps)
			}
		})
	}
}

// TestPollChoiceChanges: when waiting changes, the choice follows within two trials.
func TestPollChoiceChanges(t *testing.T) {
	var choice pollChoice
	polled, slept := 20*time.Microsecond, 40*time.Microsecond
	wait := func(n int) {
		for range n {
			if choice.decide() {
				choice.add(true, polled)
			} else {
				choice.add(false, slept)
			}
		}
	}
	wait(trialEvery)
	if !choice.helps() {
		t.Fatal("polling helps, and is not chosen")
	}
	polled, slept = 60*time.Microsecond, 15*time.Microsecond
	wait(2 * trialEvery)
	if choice.helps() {
		t.Error("polling does not help any more, and is chosen")
	}
	polled, slept = 20*time.Microsecond, 40*time.Microsecond
	wait(4 * trialEvery)
	if !choice.helps() {
		t.Error("polling helps again, and is not chosen")
	}
}

// TestMean: of the first durations each counts alike, and of later ones the last count most.
func TestMean(t *testing.T) {
	var m mean
	m.add(100)
	m.add(200)
	m.add(300)
	if got := m.ns.Load(); got != 200 {
		t.Errorf("the mean of 100, 200 and 300 is %d", got)
	}
	for range 10 * meanOver {
		m.add(1000)
	}
	if got := m.ns.Load(); got < 900 || got > 1000 {
		t.Errorf("after %d times 1000 the mean is %d", 10*meanOver, got)
	}
}
