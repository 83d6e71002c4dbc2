package sim

import "github.com/respool/respool/policy"

// Instant is an instant of virtual time.
type Instant = policy.Instant

// occasion is something that will happen. Of two at the same instant the one
// noted first comes first, so a run does not depend on how the heap is built.
type occasion struct {
	at   Instant
	seq  uint64
	what what
	who  int32  // a request, a connection or a phase
	turn uint32 // the request's: an occasion of an earlier turn is void
}

// agenda is the occasions to come: a heap with four children a node, which is
// shallow and reads neighbours.
type agenda struct {
	heap []occasion
	seq  uint64
}

func (a *occasion) before(b *occasion) bool {
	return a.at < b.at || a.at == b.at && a.seq < b.seq
}

func (g *agenda) add(at Instant, w what, who int32, turn uint32) {
	g.seq++
	o := occasion{at, g.seq, w, who, turn}
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
func (g *agenda) next() (first occasion, ok bool) {
	n := len(g.heap)
	if n == 0 {
		return first, false
	}
	first = g.heap[0]
	last := g.heap[n-1]
	g.heap = g.heap[:n-1]
	if n--; n == 0 {
		return first, true
	}
	i := 0
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
		if !g.heap[least].before(&last) {
			break
		}
		g.heap[i] = g.heap[least]
		i = least
	}
	g.heap[i] = last
	return first, true
}
