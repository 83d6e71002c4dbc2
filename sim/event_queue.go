package sim

import "github.com/respool/respool/policy"

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
	seq  uint64
	full int // length at which the heap is swept
}

// minSweep is the length below which a heap is not swept.
const minSweep = 1024

func (o *event) before(other *event) bool {
	return o.at < other.at || o.at == other.at && o.seq < other.seq
}

func (g *eventQueue) add(at Instant, w kind, target int32, gen uint32) {
	g.seq++
	o := event{at, g.seq, w, target, gen}
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

// next removes and returns the first event.
func (g *eventQueue) next() (first event, ok bool) {
	n := len(g.heap) - 1
	if n < 0 {
		return first, false
	}
	first = g.heap[0]
	g.heap[0] = g.heap[n]
	g.heap = g.heap[:n]
	if n > 0 {
		g.down(0)
	}
	return first, true
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
		for c := child + 1; c < min(child+4, n); c++ {
			if g.heap[c].before(&g.heap[least]) {
				least = c
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

// sweep drops the events that are void. The end of a request's patience is scheduled
// long before, and most requests are served earlier. Without a sweep the queue would
// grow with the number of requests. It is swept when it has doubled since the last
// sweep.
func (g *eventQueue) sweep(void func(*event) bool) {
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
