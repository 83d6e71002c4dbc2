package check

import (
	"context"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
	"github.com/respool/respool/sim/internal/oracle"
)

// Model is a pool with few clients, small enough to try every order of events.
type Model struct {
	Name    string
	Pool    story.Pool
	Clients int
	Depth   int           // events in a row
	Tick    time.Duration // passes before an Advance, and may pass before an Acquire
	Verbs   []story.Verb  // the events that happen
	Urgent  bool          // an acquire may be urgent
}

// Coverage is what [Exhaust] has tried.
type Coverage struct {
	Depth    int    // events in a row
	States   int    // different states that were reached
	Events   int    // tried, each in one of the states
	Orders   uint64 // of events, that these stand for; 1<<64 - 1 if there are more
	Complete bool   // no order of events, however long, leads to a further state
	// Violation is the first one found, or nil. It has no seed.
	Violation *Violation
}

func (c Coverage) String() string {
	s := fmt.Sprintf("every order of %d events: %d orders, through %d states, with %d events tried", c.Depth, c.Orders, c.States, c.Events)
	if c.Complete {
		s += "; longer ones lead to no other state"
	}
	return s
}

// Exhaust tries every order in which events can come in a model. States that differ
// only in the names of clients, the numbers of slots and the time of day count as one
// state, and Exhaust tries each event in it once. From each state the pool must also
// come to rest, and leave nothing when it is shut. Exhaust ends at the first violation,
// at the model's depth, or with the context, whose end is no error.
func Exhaust(ctx context.Context, model Model) Coverage {
	x := &exhaustion{model: model, names: clientNames(model.Clients), known: map[string]int{}}
	x.note(newPlayer(model.Pool), -1, oracle.Move{})
	for begin, end := 0, 1; !x.Complete && x.Depth < model.Depth; begin, end = end, len(x.states) {
		for i := begin; i < end && x.Violation == nil && ctx.Err() == nil; i++ {
			x.expand(i)
		}
		if x.Violation != nil || ctx.Err() != nil {
			break
		}
		x.Depth++
		x.Complete = len(x.states) == end
	}
	if x.Violation != nil {
		x.Violation.Story = x.script.shortest(x.Violation.Oracle)
	}
	x.States, x.Orders = len(x.states), x.orders()
	return x.Coverage
}

type exhaustion struct {
	Coverage
	model  Model
	script *script // of the violation
	names  []string
	states []state
	known  map[string]int
}

// state is a state that was reached, first by a move from another one.
type state struct {
	from       int
	by         oracle.Move
	successors []int32 // to which states
}

// path returns the moves that lead to a state.
func (x *exhaustion) path(i int) (moves []oracle.Move) {
	for ; i > 0; i = x.states[i].from {
		moves = append(moves, x.states[i].by)
	}
	slices.Reverse(moves)
	return moves
}

// expand tries each event in a state.
func (x *exhaustion) expand(i int) {
	path := x.path(i)
	p, _ := x.play(path)
	for _, m := range x.moves(p.court.Witness) {
		p, o := x.play(append(path, m))
		x.Events++
		if o == nil {
			x.states[i].successors = append(x.states[i].successors, int32(x.note(p, i, m)))
		} else {
			x.found(p, o)
		}
	}
}

func (x *exhaustion) play(moves []oracle.Move) (*player, *oracle.Objection) {
	p := newPlayer(x.model.Pool)
	for _, m := range moves {
		if o := p.play(m); o != nil {
			return p, o
		}
	}
	return p, nil
}

// note returns the number of the state that a player is in. A new state must be able to
// come to rest.
func (x *exhaustion) note(p *player, from int, by oracle.Move) int {
	key := p.court.Fingerprint(p.stage.Ledger)
	i, known := x.known[key]
	if !known {
		i = len(x.states)
		x.known[key] = i
		x.states = append(x.states, state{from: from, by: by})
		if o := p.finish(); o != nil {
			x.found(p, o)
		}
	}
	return i
}

// found keeps the first violation.
func (x *exhaustion) found(p *player, o *oracle.Objection) {
	if x.Violation == nil {
		x.Violation, x.script = violation(0, o), &script{x.model.Pool, p.moves}
	}
}

// moves are the events that can come next.
func (x *exhaustion) moves(w *oracle.Witness) (all []oracle.Move) {
	for _, m := range w.Possible(nil, x.names) {
		if !slices.Contains(x.model.Verbs, m.Verb) {
			continue
		}
		switch m.Verb {
		case story.Advance:
			m.At = w.Now().Add(x.model.Tick)
		case story.Acquire:
			late := m
			late.At = w.Now().Add(x.model.Tick)
			all = append(all, late)
			if x.model.Urgent {
				m.Urgent = true
				all = append(all, m)
				m.Urgent = false
			}
		case story.Tested:
			failed := m
			failed.Verdict = ledger.Failed
			all = append(all, failed)
		case story.Resize:
			m.MaxActive, m.MaxIdle = 1, 1
		}
		all = append(all, m)
	}
	return all
}

// orders counts the paths through the states that are as long as the depth.
func (x *exhaustion) orders() uint64 {
	ways := make([]uint64, len(x.states))
	ways[0] = 1
	for range x.Depth {
		next := make([]uint64, len(x.states))
		for i := range x.states {
			for _, to := range x.states[i].successors {
				next[to] = add(next[to], ways[i])
			}
		}
		ways = next
	}
	total := uint64(0)
	for _, n := range ways {
		total = add(total, n)
	}
	return total
}

func add(a, b uint64) uint64 {
	sum, carry := bits.Add64(a, b, 0)
	if carry > 0 {
		return math.MaxUint64
	}
	return sum
}
