package check

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/respool/respool/sim/internal/oracle"
)

// SearchOptions sets how far a [Search] goes.
type SearchOptions struct {
	First   uint64 // first seed
	Seeds   uint64 // number of seeds; zero: until the context ends
	Workers int    // zero: one for each processor
	// Progress is called now and then, by one goroutine at a time. It may be nil.
	Progress func(SearchResult)
}

// SearchResult is what a [Search] has done.
type SearchResult struct {
	Seeds  uint64 // that have been searched
	Events uint64 // of ledgers, each of them judged by every oracle
	// Reached is how often the search has come to each rare thing.
	Reached Reached
	// Violation is the violation of the lowest seed that has one, or nil.
	Violation *Violation
}

// Search looks for a violation, seed by seed. Each seed stands for a scenario, [Swarm],
// and for a walk: a script of events that the ledger's contract allows, in an order that
// no scenario would have. Some seeds also stand for a scenario with keys, [SwarmKeys]. The
// result of a seed depends on the seed alone. Search ends at the first violation, at the
// number of seeds, or with the context, whose end is no error. Search returns an error if it
// was long enough to reach every rare thing, and has missed one: see [Reached].
func Search(ctx context.Context, o SearchOptions) (SearchResult, error) {
	s := &search{options: o}
	s.next.Store(o.First)
	s.bad.Store(^uint64(0))
	workers := o.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var all sync.WaitGroup
	for range workers {
		all.Go(func() { s.work(ctx) })
	}
	all.Wait()
	switch v := s.result.Violation; {
	case v == nil:
	case v.Scenario != nil:
		s.result.Violation = smallerKeys(v.Scenario, v)
	default:
		v.Story = s.script.shortest(v.Oracle)
	}
	if s.err == nil {
		s.err = s.result.blind()
	}
	return s.result, s.err
}

type search struct {
	options SearchOptions
	next    atomic.Uint64
	bad     atomic.Uint64 // the lowest seed with a violation

	mu     sync.Mutex
	result SearchResult
	script *script // of the violation
	err    error
}

// progressEvery is how many seeds lie between two calls of Progress.
const progressEvery = 1024

// work takes seeds in their order. When a seed has a violation, lower seeds are finished
// and no higher one begins.
func (s *search) work(ctx context.Context) {
	for ctx.Err() == nil {
		seed := s.next.Add(1) - 1
		if n := s.options.Seeds; n > 0 && seed-s.options.First >= n || seed > s.bad.Load() {
			return
		}
		var reached Reached
		events, script, err := searchSeed(seed, &reached)
		s.mu.Lock()
		s.result.Reached.add(&reached)
		s.note(seed, events, script, err)
		s.mu.Unlock()
	}
}

func (s *search) note(seed, events uint64, script *script, err error) {
	s.result.Seeds++
	s.result.Events += events
	if s.options.Progress != nil && s.result.Seeds%progressEvery == 0 {
		s.options.Progress(s.result)
	}
	if err == nil || seed > s.bad.Load() {
		return
	}
	s.bad.Store(seed)
	s.result.Violation, s.script, s.err = nil, script, nil
	if !errors.As(err, &s.result.Violation) {
		s.err = err
	}
}

// searchSeed plays the walk and the scenario of a seed. It also returns the script of a
// violation, if it finds one that has a script.
func searchSeed(seed uint64, reached *Reached) (events uint64, path *script, err error) {
	d := drawFrom(seed, walking)
	p, o := walk(d, drawStoryPool(d), drawWalkOptions(d))
	events = uint64(len(p.moves))
	seen := Reached(p.court.Reached())
	reached.add(&seen)
	if o != nil {
		return events, &script{p.pool, p.moves}, violation(seed, o)
	}
	sc := Swarm(seed)
	_, n, err := judge(sc, reached)
	if v := (*Violation)(nil); errors.As(err, &v) {
		path = scriptOf(sc, v.Instance)
	}
	events += n
	if err != nil || seed%keysEvery != 0 {
		return events, path, err
	}
	sc = SwarmKeys(seed)
	n, err = watchKeys(sc)
	if v := (*Violation)(nil); errors.As(err, &v) {
		v.Scenario = sc
	}
	return events + n, nil, err
}

// Reached counts the rare things that a search has reached. A search that no longer
// reaches one of them has become blind to faults behind it, and would report no violation:
// see [Reached.Missing].
type Reached [oracle.NumRare]uint64

// Missing returns the names of the rare things that a search has not reached.
func (r *Reached) Missing() (names []string) {
	for i, n := range r {
		if n == 0 {
			names = append(names, oracle.Rare(i).String())
		}
	}
	return names
}

// enoughSeeds is ten times the number of seeds that reach every rare thing.
const enoughSeeds = 2000

// blind returns the error of a search that was long enough and has missed something.
func (r *SearchResult) blind() error {
	if missing := r.Reached.Missing(); r.Violation == nil && r.Seeds >= enoughSeeds && len(missing) > 0 {
		return fmt.Errorf("sim: the search has become blind: %d seeds have not come to %s", r.Seeds, strings.Join(missing, ", nor to "))
	}
	return nil
}

func (r *Reached) add(other *Reached) {
	for i, n := range other {
		r[i] += n
	}
}
