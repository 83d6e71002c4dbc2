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

// SearchOptions say how far a [Search] goes.
type SearchOptions struct {
	First   uint64 // seed
	Seeds   uint64 // how many. Zero: until the context ends
	Workers int    // zero: one for each processor
	// Progress is called now and then, if it is not nil, never twice at a time.
	Progress func(SearchResult)
}

// SearchResult is what a [Search] has done.
type SearchResult struct {
	Seeds  uint64 // that have been searched
	Events uint64 // of ledgers, each of them judged by every oracle
	// Reached is how often the search has come to what is rare.
	Reached Reached
	// Violation is that of the lowest seed with one, or nil.
	Violation *Violation
}

// Search looks for a violation, seed by seed. Each seed stands for a scenario,
// [Swarm], and for a walk: a script of events that the ledger's contract allows,
// in an order that no scenario would have. What a seed finds depends on the seed
// alone. It ends at the first violation, at the number of seeds, or with the
// context, whose end is no error. It is an error if so many seeds have not come to
// something that they should have: see [Reached].
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
	if v := s.result.Violation; v != nil {
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

// progressEvery is after how many seeds progress is told.
const progressEvery = 1024

// work takes seeds in their order. When one has a violation those below it are
// finished, and none above it is begun.
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

// searchSeed does all that a seed stands for. With a violation it returns the script of
// it, if there is one.
func searchSeed(seed uint64, reached *Reached) (events uint64, way *script, err error) {
	d := drawFrom(seed, walking)
	p, o := walk(d, drawStoryPool(d), drawWalkOptions(d))
	events = uint64(len(p.moves))
	seen := Reached(p.court.Reached())
	reached.add(&seen)
	if o != nil {
		return events, &script{p.pool, p.moves}, violation(seed, o)
	}
	sc := Swarm(seed)
	n, err := check(sc, nil, reached)
	if v := (*Violation)(nil); errors.As(err, &v) {
		way = scriptOf(sc)
	}
	return events + n, way, err
}

// Reached counts rare things that a search has come to. A search that does not come
// to one of them any more has become blind to what follows from it, without any
// violation: see [Reached.Missing].
type Reached [oracle.NumRare]uint64

// Missing says what a search has not come to.
func (r *Reached) Missing() (names []string) {
	for i, n := range r {
		if n == 0 {
			names = append(names, oracle.Rare(i).String())
		}
	}
	return names
}

// enoughSeeds come to everything that is rare, with a margin of ten.
const enoughSeeds = 2000

// blind is the error of a search that was long enough and has missed something.
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
