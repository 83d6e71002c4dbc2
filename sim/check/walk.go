package check

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
	"github.com/respool/respool/sim/internal/oracle"
)

// A walk is a script that is drawn while it is played: at each point it takes one of the
// events that the contract allows. It reaches states that a simulated world never
// reaches: a late timer, a cancel that crosses a grant, a reset during a test.

// draw returns a number from 0 to n-1.
type draw func(n int) int

func drawFrom(seed, purpose uint64) draw {
	return rand.New(rand.NewPCG(seed, purpose*0x9e3779b97f4a7c15)).IntN
}

// The purposes of draws from a seed. With other numbers a seed would mean something else.
const (
	swarming uint64 = 10 + iota
	walking
	keying
)

// pick draws one of several values. The first is the simplest.
func pick[V any](d draw, values ...V) V { return values[d(len(values))] }

// clientNames returns the names a, b, c and so on, and c27 after z.
func clientNames(n int) (names []string) {
	for i := range n {
		name := string(rune('a' + i))
		if i >= 26 {
			name = fmt.Sprintf("c%d", i+1)
		}
		names = append(names, name)
	}
	return names
}

// walk plays a script as it is drawn, to its end.
func walk(d draw, pool story.Pool, h walkOptions) (*player, *oracle.Objection) {
	p := newPlayer(h.forLane(pool))
	names := clientNames(h.clients)
	var may []oracle.Move
	for range h.events {
		may = p.court.Possible(may[:0], names)
		m, ok := h.choose(d, p.court.Witness, may)
		if !ok {
			break
		}
		if o := p.play(m); o != nil {
			return p, o
		}
	}
	return p, p.finish()
}

func (h *walkOptions) choose(d draw, w *oracle.Witness, may []oracle.Move) (m oracle.Move, ok bool) {
	weight := func(m *oracle.Move) int {
		if w.UsesOldHandle(m) {
			return h.stale
		}
		return h.weights[m.Verb]
	}
	sum := 0
	for i := range may {
		sum += weight(&may[i])
	}
	if sum == 0 {
		return m, false
	}
	n := d(sum)
	i := slices.IndexFunc(may, func(m oracle.Move) bool { n -= weight(&m); return n < 0 })
	m = may[i]
	m.At = w.Now().Add(h.pause(d, w))
	switch m.Verb {
	case story.Tested:
		m.Verdict = pick(d, ledger.Passed, ledger.Passed, ledger.Failed, ledger.GaveUp)
	case story.Acquire:
		m.Unbounded = h.weights[story.Rejoin] > 0 && pick(d, false, false, true)
		m.Urgent = h.urgent > 0 && d(4) < h.urgent
	case story.Resize:
		m.MaxActive, m.MaxIdle = pick(d, 1, 2, 3, 4, ledger.NoLimit), pick(d, ledger.NoLimit, 0, 1, 2)
	}
	return m, true
}

// pause draws how much time passes before an event: mostly none, often exactly until the
// next deadline or about that, and sometimes more.
func (h *walkOptions) pause(d draw, w *oracle.Witness) time.Duration {
	due := time.Duration(0)
	if at := w.Deadline(); at != ledger.Never {
		due = max(0, at.Sub(w.Now()))
	}
	all := []time.Duration{0, 0, 0, 0, 0, 0, time.Second, due, max(0, due-1), min(due, 4*time.Second)}
	if h.late > 0 {
		all = append(all, due+1, due+30*time.Second)
	}
	return pick(d, all...)
}
