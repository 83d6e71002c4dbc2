package ledger

import (
	"math"
	"testing"
)

// TestTicketsWrapAround: the queue still works after four thousand million waiters,
// when some leave it from the middle, and while it grows.
func TestTicketsWrapAround(t *testing.T) {
	const n = 40
	for before := range uint32(n) {
		var q queue
		q.head, q.tail = math.MaxUint32-before, math.MaxUint32-before
		var ws [n]*Waiter
		for i := range ws {
			ws[i] = new(Waiter)
			q.push(ws[i])
		}
		var want []*Waiter
		for i, w := range ws {
			if i%3 == 0 {
				q.remove(w)
			} else {
				want = append(want, w)
			}
		}
		for i, w := range want {
			if q.first() != w || q.pop() != w || w.queued || int(q.n) != len(want)-i-1 {
				t.Fatalf("%d tickets before the turn: waiter %d is not served in turn, %d wait", before, i, q.n)
			}
		}
		if q.first() != nil || q.head != q.tail {
			t.Fatalf("%d tickets before the turn: somebody is left", before)
		}
	}
}
