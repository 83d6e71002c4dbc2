package main

import (
	"errors"
	"time"
)

func adviseCommand() *command {
	return &command{
		name: "advise", args: "[flags] [scenario.json]", files: 1,
		summary: "say in five sentences what to change to meet a target",
		text: `
Runs a scenario as it is, and then with other settings of the pool. It says what to
change, what the change gains, how certain that is, what else was tried, and what
the advice assumes.

  poolsim advise -rate 2000 -hold exp:3ms -max-active 6 -wait -target p99=5ms
  poolsim advise ten.json -target p99=20ms -target refused=0.1%

It varies one setting after another, in this order, and keeps a change only if its
gain counts and is certain with 95 % confidence:
-wait where the pool refuses, -max-idle and -idle-timeout where connections are
opened again and again, -idle-timeout where the server closes first,
-max-age-jitter where connections reach -max-age together, -retry-budget where
calls fail in spite of retries, then -max-active, and last -wait-timeout. It names
the smallest pool that meets the targets, so the advice can be a smaller pool. If
more connections change nothing, it says that the pool is not the cause. No size
mends the wait for a server that stalls or is down: then the advice is what meets
the targets without that.

Each variant has the same -seeds seeds. So the same requests arrive, and only the
settings differ. A target is met as in sweep: with the upper end of
its 95 % confidence interval.

With -url or -stats it advises a running pool, from the histograms that the pool has
measured. It says which -max-active meets a percentile of the wait. It also
simulates the present limit, compares the wait with the measured one, and says
whether they agree.

  poolsim advise -target p99=5ms \
      -url http://localhost:6060/debug/pools?format=json
  poolsim advise -stats before.json -stats after.json -over 5m -target p99=5ms

If the targets cannot be met, the exit status is 1.
`,
		begin: func() (*flags, action) {
			a := newAdviseFlags()
			return a.flags, a.start
		},
	}
}

type adviseFlags struct {
	flags   *flags
	recipe  *recipe
	seeds   *int
	upTo    *int
	targets []*target
	running *running
	output  *output
}

// mostConnections is the largest pool that is tried.
const mostConnections = 4096

func newAdviseFlags() *adviseFlags {
	f := newFlags("advise")
	a := &adviseFlags{flags: f, recipe: f.recipe(false, sweepRequests)}
	f.group("Advice")
	f.targets(&a.targets)
	a.seeds = f.number("seeds", 5, 1, "how many runs of each variant: a `number`; the seeds are -seed and those that follow it")
	a.upTo = f.number("up-to", mostConnections, 1, "the largest pool to try: a `number` of connections")
	a.running = f.running()
	f.group("Output")
	a.output = f.output()
	return a
}

// targets defines the flag for the targets of a pool.
func (f *flags) targets(to *[]*target) {
	f.add("target")
	f.set.Func("target", "the target of the pool: `FIGURE=LIMIT`, such as p99=5ms or refused=0.1%; can be given several times", func(text string) error {
		t, err := parseTarget(text)
		*to = append(*to, t)
		return err
	})
}

func (a *adviseFlags) start(p *process, files []string) error {
	if len(a.targets) == 0 {
		return errors.New("-target: say which target the pool has to meet, such as -target p99=20ms")
	}
	if a.running.given() {
		return advisePool(p, a.running, a.targets, a.output)
	}
	sc, err := a.recipe.scenario(p, files)
	if err != nil {
		return err
	}
	if err := a.recipe.finish(sc); err != nil {
		return err
	}
	begin := time.Now()
	v := &adviser{targets: a.targets, seeds: min(*a.seeds, mostSeeds), upTo: *a.upTo, progress: p.progress()}
	err = v.advise(sc)
	v.progress.end()
	if err != nil {
		return a.recipe.named(err)
	}
	if a.output.json() {
		err = p.printJSON(v.json(a.output, begin))
	} else {
		_, err = p.stdout.Write(v.text(a.recipe.read, p.width()))
	}
	if err == nil && !v.best.meets {
		err = errUnmet
	}
	return err
}
