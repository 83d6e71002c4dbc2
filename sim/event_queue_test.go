package sim

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// An event queue gives back events by instant, and events at one instant in
// the order in which they were added, also after a sweep.
func TestEventQueueIsASortedSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var g eventQueue
		var twin []event
		odd := func(o *event) bool { return o.target%2 == 1 }
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			switch rapid.IntRange(0, 20).Draw(t, "step") {
			default:
				at := Instant(rapid.IntRange(0, 20).Draw(t, "at"))
				g.add(at, holdDone, int32(len(twin)), 0)
				twin = append(twin, event{at, g.seq, holdDone, int32(len(twin)), 0})
				slices.SortStableFunc(twin, func(a, b event) int { return int(a.at - b.at) })
			case 0, 1, 2, 3, 4, 5:
				if rapid.Bool().Draw(t, "first") { // looks, and fills the hole
					if o := g.first(); (o != nil) != (len(twin) > 0) || o != nil && *o != twin[0] {
						t.Fatalf("first is %v, want the first of %v", o, twin)
					}
				}
				o, ok := g.next()
				if ok != (len(twin) > 0) || ok && o != twin[0] {
					t.Fatalf("next is %v, %v, want the first of %v", o, ok, twin)
				}
				if ok {
					twin = twin[1:]
				}
			case 6:
				g.sweep(odd)
				twin = slices.DeleteFunc(twin, func(o event) bool { return odd(&o) })
			}
		}
		for _, want := range twin {
			if o, ok := g.next(); !ok || o != want {
				t.Fatalf("next is %v, %v, want %v", o, ok, want)
			}
		}
		if o, ok := g.next(); ok {
			t.Fatalf("there is %v too much", o)
		}
	})
}
