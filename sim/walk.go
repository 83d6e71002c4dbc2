package sim

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// A walk is a script that chance writes while it is played: of the events that
// the contract allows at each point it takes one. It comes to states where no
// simulated world would lead, such as a timer that is late, a cancel that crosses
// a grant, or a reset during a test.

// draw returns a number from 0 to n-1.
type draw func(n int) int

func drawFrom(seed, purpose uint64) draw {
	return rand.New(rand.NewPCG(seed, purpose*0x9e3779b97f4a7c15)).IntN
}

// The purposes go on where those of a run end.
const (
	swarming uint64 = behaviour + 1 + iota
	walking
)

// one draws one of several values; the first is the simplest.
func one[V any](d draw, values ...V) V { return values[d(len(values))] }

// walk plays a script as it is drawn, to its end.
func walk(d draw, pool story.Pool, h habits) (*player, *Violation) {
	p := newPlayer(h.suited(pool))
	names := clientNames(h.clients)
	var may []move
	for range h.events {
		may = p.witness().possible(may[:0], names)
		m, ok := h.choose(d, p.witness(), may)
		if !ok {
			break
		}
		if v := p.play(m); v != nil {
			return p, v
		}
	}
	return p, p.settle()
}

func (h *habits) choose(d draw, w *witness, may []move) (m move, ok bool) {
	weight := func(m *move) int {
		if c := w.clients[m.client]; c != nil && c.doing == ledger.Done && !asks(m.verb) && m.verb != story.Turn && m.verb != story.Cancel {
			return h.stale
		}
		return h.weights[m.verb]
	}
	sum := 0
	for i := range may {
		sum += weight(&may[i])
	}
	if sum == 0 {
		return m, false
	}
	n := d(sum)
	i := slices.IndexFunc(may, func(m move) bool { n -= weight(&m); return n < 0 })
	m = may[i]
	m.at = w.now.Add(h.pause(d, w))
	switch m.verb {
	case story.Tested:
		m.verdict = one(d, ledger.Passed, ledger.Passed, ledger.Failed, ledger.GaveUp)
	case story.Resize:
		m.maxActive, m.maxIdle = one(d, 1, 2, 3, 4, ledger.NoLimit), one(d, ledger.NoLimit, 0, 1, 2)
	}
	return m, true
}

// pause draws how much time passes before an event: mostly none, often until the
// next deadline to the nanosecond, or around it, and sometimes beyond.
func (h *habits) pause(d draw, w *witness) time.Duration {
	due := time.Duration(0)
	if at := w.deadline().at; at != ledger.Never {
		due = max(0, at.Sub(w.now))
	}
	all := []time.Duration{0, 0, 0, 0, 0, 0, time.Second, due, max(0, due-1), min(due, 4*time.Second)}
	if h.late > 0 {
		all = append(all, due+1, due+30*time.Second)
	}
	return one(d, all...)
}
