package sim

import (
	"math"
	"math/bits"
	"slices"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

type exhaustion struct {
	Exhausted
	world  SmallWorld
	names  []string
	states []state
	known  map[string]int
}

// state is one that was reached, first by a move from another.
type state struct {
	from  int
	by    move
	leads []int32 // to which states
}

// way returns the moves that lead to a state.
func (x *exhaustion) way(i int) (moves []move) {
	for ; i > 0; i = x.states[i].from {
		moves = append(moves, x.states[i].by)
	}
	slices.Reverse(moves)
	return moves
}

// leadOn tries each event in a state.
func (x *exhaustion) leadOn(i int) {
	way := x.way(i)
	p, _ := x.play(way)
	for _, m := range x.moves(p.witness()) {
		p, v := x.play(append(way, m))
		x.Events++
		if v == nil {
			x.states[i].leads = append(x.states[i].leads, int32(x.note(p, i, m)))
		} else if x.Violation == nil {
			v.script = &script{x.world.Pool, p.moves}
			x.Violation = v
		}
	}
}

func (x *exhaustion) play(moves []move) (*player, *Violation) {
	p := newPlayer(x.world.Pool)
	for _, m := range moves {
		if v := p.play(m); v != nil {
			return p, v
		}
	}
	return p, nil
}

// note returns the number of the state that a player is in. A new one is brought
// to rest, to see whether it can be.
func (x *exhaustion) note(p *player, from int, by move) int {
	key := p.fingerprint()
	i, known := x.known[key]
	if !known {
		i = len(x.states)
		x.known[key] = i
		x.states = append(x.states, state{from: from, by: by})
		if v := p.settle(); v != nil && x.Violation == nil {
			v.script = &script{x.world.Pool, p.moves}
			x.Violation = v
		}
	}
	return i
}

// moves are the events that can come next.
func (x *exhaustion) moves(w *witness) (all []move) {
	for _, m := range w.possible(nil, x.names) {
		if !slices.Contains(x.world.Verbs, m.verb) {
			continue
		}
		switch m.verb {
		case story.Advance:
			m.at = w.now.Add(x.world.Tick)
		case story.Acquire:
			late := m
			late.at = w.now.Add(x.world.Tick)
			all = append(all, late)
		case story.Tested:
			failed := m
			failed.verdict = ledger.Failed
			all = append(all, failed)
		case story.Resize:
			m.maxActive, m.maxIdle = 1, 1
		}
		all = append(all, m)
	}
	return all
}

// orders counts the ways through the states that are as long as the depth.
func (x *exhaustion) orders() uint64 {
	ways := make([]uint64, len(x.states))
	ways[0] = 1
	for range x.Depth {
		next := make([]uint64, len(x.states))
		for i := range x.states {
			for _, to := range x.states[i].leads {
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
