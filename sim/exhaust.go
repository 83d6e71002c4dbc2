package sim

import (
	"context"
	"fmt"
	"time"

	"github.com/respool/respool/resource/ledger/story"
)

// SmallWorld is a pool with few clients, small enough to try every order of
// events.
type SmallWorld struct {
	Pool    story.Pool
	Clients int
	Depth   int           // events in a row
	Tick    time.Duration // that passes before an Advance, and may before an Acquire
	Verbs   []story.Verb  // that happen
}

// Exhausted is what [Exhaust] has done.
type Exhausted struct {
	Depth     int    // that was reached
	States    int    // that differ
	Events    int    // that were tried, each in one of the states
	Orders    uint64 // of events that these stand for, or 1<<64 - 1 if they are more
	Complete  bool   // no order of events, however long, leads to a further state
	Violation *Violation
}

func (e Exhausted) String() string {
	s := fmt.Sprintf("every order of %d events: %d orders, through %d states, with %d events tried", e.Depth, e.Orders, e.States, e.Events)
	if e.Complete {
		s += "; longer ones lead to no other state"
	}
	return s
}

// Exhaust tries every order in which events can come in a small world. States
// that differ in nothing but the names of clients, the numbers of slots and the
// time of day are one, and what can follow from it is tried once. From each the
// pool must also come to rest, and leave nothing when it is shut. It ends early
// with the context, whose end is no error.
func Exhaust(ctx context.Context, world SmallWorld) Exhausted {
	x := &exhaustion{world: world, names: clientNames(world.Clients), known: map[string]int{}}
	x.note(newPlayer(world.Pool), -1, move{})
	for begin, end := 0, 1; !x.Complete && x.Depth < world.Depth; begin, end = end, len(x.states) {
		for i := begin; i < end && x.Violation == nil && ctx.Err() == nil; i++ {
			x.leadOn(i)
		}
		if x.Violation != nil || ctx.Err() != nil {
			break
		}
		x.Depth++
		x.Complete = len(x.states) == end
	}
	if x.Violation != nil {
		x.Violation.Story = x.Violation.shortest()
	}
	x.States, x.Orders = len(x.states), x.orders()
	return x.Exhausted
}
