package sim

import "github.com/respool/respool/policy"

// Instant is an instant of virtual time.
type Instant = policy.Instant

// occasion is something that will happen. Of two at the same instant the one
// noted first comes first, so a run does not depend on how the heap is built.
type event struct {
	at     Instant
	seq    uint64
	kind   kind
	target int32  // a request, a connection, a client or a row
	gen    uint32 // its turn: an occasion of an earlier one is void
}

// agenda is the occasions to come: a heap with four children a node, which is
// shallow and reads neighbours.
type eventQueue struct {
	heap []event
	seq  uint64
	full int // so long a heap is swept
}

// roomy is how long a heap is not swept.
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

// next takes the first occasion off the agenda.
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

// down lets the occasion at i sink to its place.
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

// sweep drops occasions that are void. Patience is noted long before it runs out
// and rarely does, so without this an agenda would grow with the number of
// requests. It is called when the agenda has doubled since the last time.
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
