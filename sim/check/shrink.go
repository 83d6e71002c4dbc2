package check

import (
	"fmt"
	"slices"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/oracle"
)

// shrinker makes a script smaller for as long as the same oracle objects to it.
type shrinker struct {
	oracle string
	script *script
	judge  func(*script) (*player, *oracle.Objection)
	tries  int
}

// maxTries is the most scripts that are played to find a smaller one.
const maxTries = 20_000

// shortest returns the shortest story that could be found in which an oracle objects,
// or nothing if there is no script.
func (s *script) shortest(oracle string) string {
	if s == nil {
		return ""
	}
	x := &shrinker{oracle: oracle, script: s, judge: replay}
	return x.shortest()
}

func (x *shrinker) shortest() string {
	if !x.fails(x.script) {
		return ""
	}
	for size := 0; size != x.size(); {
		size = x.size()
		x.dropClients()
		x.dropMoves()
		x.dropTime()
		x.dropUrgency()
		x.dropSettings()
	}
	x.rename()
	p, again := x.judge(x.script)
	return string(p.story(fmt.Sprintf("%s: %s.", again.Oracle, again.Detail)).Format())
}

func (x *shrinker) size() int { return len(x.script.moves) + len(x.script.pool.String()) }

// fails reports whether the oracle objects to a script. If so it keeps the script, without
// the moves that were skipped or came after the failure.
func (x *shrinker) fails(s *script) bool {
	if x.tries++; x.tries > maxTries {
		return false
	}
	p, v := x.judge(s)
	if v == nil || v.Oracle != x.oracle {
		return false
	}
	if n := len(s.moves); len(p.moves) > n {
		p.moves = slices.Clone(s.moves) // the failure comes when the pool should be at rest
	}
	x.script = &script{s.pool, p.moves}
	return true
}

func (x *shrinker) without(drop func(i int, m *oracle.Move) bool) bool {
	var kept []oracle.Move
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
		if m.Client != "" && !slices.Contains(names, m.Client) {
			names = append(names, m.Client)
		}
	}
	for size := (len(names) + 1) / 2; size > 0; size /= 2 {
		for from := 0; from < len(names); {
			gone := names[from:min(from+size, len(names))]
			if x.without(func(_ int, m *oracle.Move) bool { return slices.Contains(gone, m.Client) }) {
				names = slices.Delete(names, from, from+len(gone))
			} else {
				from += size
			}
		}
	}
}

// dropMoves leaves out runs of moves: halves first, single moves last.
func (x *shrinker) dropMoves() {
	for size := (len(x.script.moves) + 1) / 2; size > 0; size /= 2 {
		for from := 0; from < len(x.script.moves); {
			if !x.without(func(i int, _ *oracle.Move) bool { return from <= i && i < from+size }) {
				from += size
			}
		}
	}
}

// dropUrgency makes each acquire an ordinary one.
func (x *shrinker) dropUrgency() {
	for i := range x.script.moves {
		if x.script.moves[i].Urgent {
			moves := slices.Clone(x.script.moves)
			moves[i].Urgent = false
			x.fails(&script{x.script.pool, moves})
		}
	}
}

// dropTime lets no time pass before a move.
func (x *shrinker) dropTime() {
	for i := 0; i < len(x.script.moves); i++ {
		before := sim.Instant(0)
		if i > 0 {
			before = x.script.moves[i-1].At
		}
		gap := x.script.moves[i].At - before
		if gap <= 0 {
			continue
		}
		moves := slices.Clone(x.script.moves)
		for j := i; j < len(moves); j++ {
			moves[j].At -= gap
		}
		x.fails(&script{x.script.pool, moves})
	}
}

// dropSettings sets the pool's settings to their defaults, or to the smallest values.
func (x *shrinker) dropSettings() {
	for _, drop := range []func(p *story.Pool){
		func(p *story.Pool) { p.TestIdleEvery = 0 },
		func(p *story.Pool) { p.Tests, p.TestIdleEvery, p.TestSuspects = nil, 0, false },
		func(p *story.Pool) { p.MinIdle = 0 },
		func(p *story.Pool) { p.MaxIdle = ledger.NoLimit },
		func(p *story.Pool) { p.MaxWaiters = ledger.NoLimit },
		func(p *story.Pool) { p.WaitTimeout = 0 },
		func(p *story.Pool) { p.ShedTarget, p.ShedInterval = 0, 0 },
		func(p *story.Pool) { p.Reserve = 0 },
		func(p *story.Pool) { p.FIFO = false },
		func(p *story.Pool) { p.Jitter = 0 },
		func(p *story.Pool) { p.MaxAge, p.Jitter = p.MaxAge-p.Jitter, 0 },
		func(p *story.Pool) { p.ReplaceAhead = 0 },
		func(p *story.Pool) { p.MaxAge, p.Jitter, p.ReplaceAhead = 0, 0, 0 },
		func(p *story.Pool) { p.MaxUses = 0 },
		func(p *story.Pool) { p.MaxUses = min(p.MaxUses, 1) },
		func(p *story.Pool) { p.MaxActive, p.MinIdle, p.Reserve = 1, min(p.MinIdle, 1), 0 },
		func(p *story.Pool) {
			p.MaxActive, p.MinIdle, p.Reserve = min(p.MaxActive, 2), min(p.MinIdle, 2), min(p.Reserve, min(p.MaxActive, 2)-1)
		},
		func(p *story.Pool) { p.OpenBackoff = 0 },
		func(p *story.Pool) { p.TestSuspects = false },
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

// rename names the clients a, b, c, in the order in which they first appear.
func (x *shrinker) rename() {
	names := map[string]string{"": ""}
	moves := slices.Clone(x.script.moves)
	all := clientNames(len(moves))
	for i := range moves {
		old := moves[i].Client
		if _, ok := names[old]; !ok {
			names[old] = all[len(names)-1]
		}
		moves[i].Client = names[old]
	}
	x.fails(&script{x.script.pool, moves})
}
