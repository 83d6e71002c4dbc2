package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/respool/respool/sim/check"
	"github.com/respool/respool/sim/internal/figures"
)

func checkCommand() *command {
	return &command{
		name: "check", args: "[flags] [scenario.json]", files: 1,
		summary: "search for a violation of what the pool promises, on all cores",
		text: `
Looks for a run in which the pool breaks a promise. For example, more connections
exist than max-active, a request is forgotten or served before its turn, or a
connection is lent to two requests, closed twice or never, or lent although it is
too old. Each seed draws a scenario with options and faults. It also draws a walk
through events in an order that no scenario would have. One seed in four also draws
a scenario with keys, whose pools share limits. Oracles check the pool after every
event.

  poolsim check
  poolsim check -seeds 1000000
  poolsim check -for 10m

The result of a seed depends on the seed alone. A violation is printed with its seed
and with the shortest story of it that was found. The exit status is then 1. Replay
the story with poolsim replay, or keep it with the ledger's own stories, in
resource/ledger/testdata/stories. -first SEED -seeds 1 runs that seed again. With
keys a violation is printed with the smallest scenario that was found, since a story
has only one pool.

-exhaust draws nothing. It tries every order of -depth events in a few small models
of a pool, which takes some seconds. A larger -depth takes longer.

  poolsim check -exhaust
  poolsim check -exhaust -depth 14

With a scenario it checks that one, with 100 seeds or -seeds, for as many requests
as the scenario has. The oracles check everything after each event, which is fast
enough for pools of some dozens of connections. With several instances they check
each pool and three things more: the server never has more connections than its
limit, each request goes to a live instance, and a stopped instance keeps nothing.

  poolsim check ten.json -seeds 20
`,
		begin: func() (*flags, action) {
			c := newCheck()
			return c.flags, c.start
		},
	}
}

const (
	checkSeeds    = 20_000
	checkOneSeeds = 100
)

type checkFlags struct {
	flags  *flags
	seeds  *int
	first  *uint64
	drawn  uint64
	long   *time.Duration
	cores  *int
	every  *bool
	depth  *int
	output *output
}

func newCheck() *checkFlags {
	f := newFlags("check")
	c := &checkFlags{flags: f}
	f.group("Search")
	c.seeds = f.number("seeds", checkSeeds, 1, "how many seeds: a `number`")
	c.long = f.length("for", 0, "search for this `time` instead, or until -seeds are done if both are given")
	c.first = f.seed("first", "the first seed: a `number`; drawn if it is not given, and printed")
	c.drawn = rand.Uint64N(1 << 31)
	c.cores = f.number("cores", 0, 0, "how many to search at a time: a `number`; 0: as many as there are processors")
	f.group("Every order of events")
	c.every = f.yes("exhaust", false, "try every order of events in small models, in place of a search")
	c.depth = f.number("depth", 0, 0, "how many events in a row: a `number`; 0: as many as each model is for")
	f.group("Output")
	c.output = f.output()
	return c
}

func (c *checkFlags) start(p *process, files []string) error {
	if err := c.consistent(files); err != nil {
		return err
	}
	ctx := context.Background()
	if *c.long > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, *c.long)
		defer cancel()
	}
	begin := time.Now()
	if *c.every {
		return c.exhaust(ctx, p, begin)
	}
	var r check.SearchResult
	var err error
	if len(files) > 0 {
		r, err = c.scenario(ctx, p, files[0])
	} else {
		r, err = c.search(ctx, p, begin)
	}
	if err == nil && r.Seeds == 0 && r.Violation == nil {
		err = fmt.Errorf("-for: %v was over before a seed was done: nothing was checked", *c.long)
	}
	if err != nil {
		return err
	}
	return c.show(p, r, begin)
}

// firstSeed returns the first seed. It is drawn if none was given, so that each search is a
// new one.
func (c *checkFlags) firstSeed() uint64 {
	if c.flags.given["first"] {
		return *c.first
	}
	return c.drawn
}

// limit returns the number of seeds, or 0 if only time ends the search.
func (c *checkFlags) limit(standard int) uint64 {
	switch {
	case c.flags.given["seeds"]:
		return uint64(*c.seeds)
	case *c.long > 0:
		return 0
	}
	return uint64(standard)
}

func (c *checkFlags) search(ctx context.Context, p *process, begin time.Time) (check.SearchResult, error) {
	g := p.progress()
	defer g.end()
	seeds := c.limit(checkSeeds)
	return check.Search(ctx, check.SearchOptions{
		First: c.firstSeed(), Seeds: seeds, Workers: *c.cores,
		Progress: func(r check.SearchResult) {
			share := 0.0
			if seeds > 0 {
				share = float64(r.Seeds) / float64(seeds)
			}
			if *c.long > 0 {
				share = max(share, float64(time.Since(begin))/float64(*c.long))
			}
			g.say(min(share, 1), fmt.Sprintf("%s seeds, %s events, no violation", figures.Count(r.Seeds), figures.Count(r.Events)))
		},
	})
}

// errOver ends the check of a scenario when its time is up.
var errOver = errors.New("the time is up")

// scenario checks one scenario with several seeds.
func (c *checkFlags) scenario(ctx context.Context, p *process, file string) (check.SearchResult, error) {
	var r check.SearchResult
	sc, err := readScenario(p, file)
	if err != nil {
		return r, err
	}
	g := p.progress()
	defer g.end()
	n := c.limit(checkOneSeeds)
	if n == 0 || n > math.MaxInt {
		n = math.MaxInt // of this machine: time ends the search
	}
	var looked atomic.Uint64
	err = parallel(int(n), func(job int) error {
		if ctx.Err() != nil {
			return errOver
		}
		one := *sc
		one.Seed = c.firstSeed() + uint64(job)
		err := check.Check(&one)
		if err == nil {
			looked.Add(1)
		}
		return err
	}, func(done int) {
		g.say(float64(done)/float64(n), fmt.Sprintf("%d seeds", done))
	})
	r.Seeds = looked.Load()
	if errors.Is(err, errOver) || errors.As(err, &r.Violation) {
		err = nil
	}
	return r, err
}
