package sim

import (
	"math/bits"

	"github.com/respool/respool/policy"
)

// Instant is an instant of virtual time.
type Instant = policy.Instant

// event is something that will happen in the simulation. Of two events at the same
// instant the one scheduled first comes first, so a run does not depend on how the
// heap is built.
type event struct {
	at     Instant
	seq    uint64
	kind   kind
	target int32  // index of a request, a connection, a client or a batch
	gen    uint32 // the target's generation: the event is void if that has changed
}

// eventQueue is the events to come. It is a heap with four children a node, which is
// shallower than a binary one and reads adjacent memory.
type eventQueue struct {
	heap []event
	hole bool // heap[0] was removed: most events schedule another, which takes its place
	seq  uint64
	full int // length at which the heap is swept
}

// minSweep is the length below which a heap is not swept.
const minSweep = 1024

func (o *event) before(other *event) bool { return isBefore(o, other) == 1 }

func (g *eventQueue) add(at Instant, w kind, target int32, gen uint32) {
	g.seq++
	o := event{at, g.seq, w, target, gen}
	if g.hole {
		g.hole = false
		g.heap[0] = o
		g.down(0)
		return
	}
	g.heap = append(g.heap, o)
	i := len(g.heap) - 1
	for i > 0 {
		parent := (i - 1) / 4
		if !o.before(&g.heap[parent]) {
			break
		}
		g.heap[i] = g.heap[parent]
		i = parent
	}
	g.heap[i] = o
}

// first returns the first event, or nil if there is none.
func (g *eventQueue) first() *event {
	if g.hole {
		g.hole = false
		n := len(g.heap) - 1
		g.heap[0] = g.heap[n]
		g.heap = g.heap[:n]
		if n > 0 {
			g.down(0)
		}
	}
	if len(g.heap) == 0 {
		return nil
	}
	return &g.heap[0]
}

// next removes and returns the first event.
func (g *eventQueue) next() (first event, ok bool) {
	o := g.first()
	if o == nil {
		return first, false
	}
	g.hole = true
	return *o, true
}

// down moves the event at i down to its place.
func (g *eventQueue) down(i int) {
	n, o := len(g.heap), g.heap[i]
	for {
		child := 4*i + 1
		if child >= n {
			break
		}
		least := child
		if child+4 <= n {
			least += firstOf((*[4]event)(g.heap[child:]))
		} else {
			for c := child + 1; c < n; c++ {
				if g.heap[c].before(&g.heap[least]) {
					least = c
				}
			}
		}
		if !g.heap[least].before(&o) {
			break
		}
		g.heap[i] = g.heap[least]
		i = least
	}
	g.heap[i] = o
}

// firstOf returns which of four events comes first. It has no branches: a processor would
// predict every other one wrongly, and most of the time of a large queue is spent here.
func firstOf(c *[4]event) int {
	a := isBefore(&c[1], &c[0])
	b := 2 + isBefore(&c[3], &c[2])
	return int(a + (b-a)*isBefore(&c[b&3], &c[a&3]))
}

// isBefore returns 1 if o comes before other, and otherwise 0. It subtracts the instant and
// the number as one number of 128 bits. Instants are never negative.
func isBefore(o, other *event) uint64 {
	_, borrow := bits.Sub64(o.seq, other.seq, 0)
	_, borrow = bits.Sub64(uint64(o.at), uint64(other.at), borrow)
	return borrow
}

// sweep drops the events that are void. The end of a request's patience is scheduled
// long before, and most requests are served earlier. Without a sweep the queue would
// grow with the number of requests. It is swept when it has doubled since the last
// sweep.
func (g *eventQueue) sweep(void func(*event) bool) {
	g.first() // fills the hole
	kept := g.heap[:0]
	for i := range g.heap {
		if !void(&g.heap[i]) {
			kept = append(kept, g.heap[i])
		}
	}
	g.heap = kept
	for i := (len(kept)+2)/4 - 1; i >= 0; i-- {
		g.down(i)
	}
	g.full = max(minSweep, 2*len(kept))
}
