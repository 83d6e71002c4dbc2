package sim

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// A queue returns its events in order, also if events are added and looked at between two removals, and voided events
// are swept. Many have the same instant: those come in the order in which they were added.
func TestEventQueueIsInOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var q eventQueue
		var want []event
		now := Instant(0)
		for range 500 {
			switch random.IntN(5) {
			case 0, 1, 2:
				at := now + Instant(random.IntN(20))
				if random.IntN(20) == 0 {
					at = math.MaxInt64
				}
				q.add(at, kind(0), int32(q.seq), 0)
				want = append(want, event{at: at, seq: q.seq, target: int32(q.seq) - 1})
			case 3:
				slices.SortFunc(want, func(a, b event) int {
					if a.before(&b) {
						return -1
					}
					return 1
				})
				if first := q.first(); len(want) == 0 != (first == nil) || first != nil && *first != want[0] {
					t.Fatalf("the first of %d events is %v", len(want), first)
				}
				got, ok := q.next()
				if ok != (len(want) > 0) || ok && got != want[0] {
					t.Fatalf("%v, %v of %d events was next", got, ok, len(want))
				}
				if ok {
					now, want = min(got.at, 1<<40), want[1:]
				}
			case 4:
				void := func(o *event) bool { return o.seq%16 == 3 }
				q.sweep(void)
				want = slices.DeleteFunc(want, func(o event) bool { return void(&o) })
			}
		}
	}
}

func TestRoundToIsRound(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, x := range []float64{0, 0.49999999999999994, 0.5, 1.5, 2.5, 1<<52 - 0.5, 1<<52 + 1, float64(endless), float64(longest) / 2} {
		if got, want := roundTo(x), int64(math.Round(x)); int64(got) != want {
			t.Errorf("roundTo(%v) = %d, want %d", x, got, want)
		}
	}
	for range 100_000 {
		x := math.Ldexp(random.Float64(), random.IntN(62))
		if got, want := roundTo(x), int64(math.Round(x)); int64(got) != want {
			t.Fatalf("roundTo(%v) = %d, want %d", x, got, want)
		}
	}
}
