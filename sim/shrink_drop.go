package sim

import (
	"slices"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

func (x *shrinker) without(drop func(i int, m *move) bool) bool {
	var kept []move
	for i := range x.script.moves {
		if m := &x.script.moves[i]; !drop(i, m) {
			kept = append(kept, *m)
		}
	}
	return len(kept) < len(x.script.moves) && x.fails(&script{x.script.pool, kept})
}

func (x *shrinker) dropClients() {
	var names []string
	for _, m := range x.script.moves {
		if m.client != "" && !slices.Contains(names, m.client) {
			names = append(names, m.client)
		}
	}
	for size := (len(names) + 1) / 2; size > 0; size /= 2 {
		for from := 0; from < len(names); {
			gone := names[from:min(from+size, len(names))]
			if x.without(func(_ int, m *move) bool { return slices.Contains(gone, m.client) }) {
				names = slices.Delete(names, from, from+len(gone))
			} else {
				from += size
			}
		}
	}
}

// dropMoves leaves out stretches of moves: halves first, single ones at last.
func (x *shrinker) dropMoves() {
	for size := (len(x.script.moves) + 1) / 2; size > 0; size /= 2 {
		for from := 0; from < len(x.script.moves); {
			if !x.without(func(i int, _ *move) bool { return from <= i && i < from+size }) {
				from += size
			}
		}
	}
}

// dropTime has moves follow at once on the ones before them.
func (x *shrinker) dropTime() {
	for i := 0; i < len(x.script.moves); i++ {
		before := Instant(0)
		if i > 0 {
			before = x.script.moves[i-1].at
		}
		gap := x.script.moves[i].at - before
		if gap <= 0 {
			continue
		}
		moves := slices.Clone(x.script.moves)
		for j := i; j < len(moves); j++ {
			moves[j].at -= gap
		}
		x.fails(&script{x.script.pool, moves})
	}
}

// dropSettings sets the pool's settings back to their defaults, or to the least
// value that they can have.
func (x *shrinker) dropSettings() {
	for _, drop := range []func(p *story.Pool){
		func(p *story.Pool) { p.Tests = nil },
		func(p *story.Pool) { p.MinIdle = 0 },
		func(p *story.Pool) { p.MaxIdle = ledger.NoLimit },
		func(p *story.Pool) { p.MaxWaiters = ledger.NoLimit },
		func(p *story.Pool) { p.WaitTimeout = 0 },
		func(p *story.Pool) { p.FIFO = false },
		func(p *story.Pool) { p.Jitter = 0 },
		func(p *story.Pool) { p.MaxAge, p.Jitter = 0, 0 },
		func(p *story.Pool) { p.MaxUses = 0 },
		func(p *story.Pool) { p.MaxUses = min(p.MaxUses, 1) },
		func(p *story.Pool) { p.MaxActive, p.MinIdle = 1, min(p.MinIdle, 1) },
		func(p *story.Pool) { p.MaxActive, p.MinIdle = min(p.MaxActive, 2), min(p.MinIdle, 2) },
		func(p *story.Pool) { p.Keep = 0 },
		func(p *story.Pool) { p.IdleTimeout, p.Keep = 0, 0 },
		func(p *story.Pool) { p.Seed = 0 },
	} {
		s := *x.script
		drop(&s.pool)
		if s.pool.String() != x.script.pool.String() {
			x.fails(&s)
		}
	}
}

// rename calls the clients a, b, c, in the order in which they come.
func (x *shrinker) rename() {
	names := map[string]string{"": ""}
	moves := slices.Clone(x.script.moves)
	all := clientNames(len(moves))
	for i := range moves {
		old := moves[i].client
		if _, ok := names[old]; !ok {
			names[old] = all[len(names)-1]
		}
		moves[i].client = names[old]
	}
	x.fails(&script{x.script.pool, moves})
}
