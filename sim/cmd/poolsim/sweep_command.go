package main

import (
	"fmt"
	"time"
)

func sweepCommand() *command {
	return &command{
		name: "sweep", args: "[flags] [scenario.json]", files: 1,
		summary: "run it with a range of values; find the smallest pool for a target",
		text: `
Runs a scenario once for each value of a parameter, or for each pair of values of
two, and prints a table. A flag that takes a number or a time takes a range:

` + spanSyntax + `
so

  poolsim sweep -rate 2000 -hold exp:3ms -wait -max-active 4:32
  poolsim sweep -rate 2000 -hold exp:3ms -wait -max-active 6:16 \
      -hold-mean 1ms:5ms:1ms -svg map.svg

Each value is run with the same -seeds seeds (common random numbers), so two
neighbors differ by what the parameter does, not by what chance does.

With -target it names the smallest -max-active that meets the targets:

  poolsim sweep -rate 2000 -hold exp:3ms -wait -max-active 4:32 -target p99=5ms
  poolsim sweep -rate 2000 -hold exp:3ms -max-active 4:32 -target refused=0.1%
  poolsim sweep ten.json -max-active 4:32 -target p99=5ms -target refused=0.1%

A target is met if the upper end of its 95 % confidence interval is at or below
the limit. A figure is computed from the requests of all seeds together; its
interval is a jackknife over the seeds, with Student's t. With -seeds 1 there is no
interval. Targets are p50, p90, p99, p999 and mean, of the wait; the same of the
total time, as total.p99; refused, failed, waited and utilization. "failed" is the
share of calls that failed, by a timeout or after their retries. Times are those of
granted requests, as in run. A percentile also limits the share of requests that
fail: p99 is not met if more than 1 % were refused, timed out (also with a
connection), or gave up. An overloaded pool meets no target. The sweep begins with
the smallest pool, and stops when the answer is known; with -all or -svg it runs all
values. If no pool of the range meets the targets, the exit status is 1.

If the server has workers (-workers), the sweep runs all sizes, and also names the
best ones: their total p99 is within the noise of the least one. More connections
only make a longer queue at the server.

By default a run has a hundred thousand requests, so a hundred of them decide p999:
give it more -requests.
`,
		begin: func() (*flags, action) {
			s := newSweepFlags()
			return s.flags, s.start
		},
	}
}

const sweepRequests = 100_000

type sweepFlags struct {
	flags   *flags
	recipe  *recipe
	seeds   *int
	targets []*target
	all     *bool
	svg     drawing
	output  *output
}

func newSweepFlags() *sweepFlags {
	f := newFlags("sweep")
	s := &sweepFlags{flags: f, recipe: f.recipe(true, sweepRequests)}
	f.group("Sweep")
	s.seeds = f.number("seeds", 5, 1, "how many runs for each value: a `number`; the seeds are -seed and those that follow it")
	f.targets(&s.targets)
	s.all = f.yes("all", false, "run all values, also those of pools larger than the smallest that meets the targets")
	f.group("Output")
	s.svg = f.drawing("write a picture to this `FILE`: lines for one parameter, a heat map for two")
	s.output = f.output()
	return s
}

func (s *sweepFlags) start(p *process, files []string) error {
	sw, err := s.sweep(p, files)
	if err != nil {
		return err
	}
	if err := s.svg.possible(); err != nil {
		return err
	}
	begin := time.Now()
	run := sw.run
	if len(s.targets) > 0 && !*s.all && *s.svg.file == "" && !hasServer(sw.base) {
		run = sw.runUntilKnown
	}
	if err := run(p.progress()); err != nil {
		return s.recipe.named(err)
	}
	if err := s.svg.draw(sw.picture); err != nil {
		return err
	}
	if s.output.json() {
		err = p.printJSON(sw.json(s.output, begin))
	} else {
		_, err = p.stdout.Write(sw.text(p.width()))
	}
	if err != nil {
		return err
	}
	for _, a := range sw.advice() {
		if a.best == nil {
			return errUnmet
		}
	}
	return nil
}

// sweep makes the sweep that the flags describe.
func (s *sweepFlags) sweep(p *process, files []string) (*sweep, error) {
	base, err := s.recipe.scenario(p, files)
	if err != nil {
		return nil, err
	}
	var params []*parameter
	sized := false
	for _, o := range s.recipe.options {
		texts := s.recipe.texts[o.name]
		if !o.swept(texts) {
			continue
		}
		param, err := parseSpan(o, texts[len(texts)-1])
		if err != nil {
			return nil, fmt.Errorf("-%s: %w", o.name, err)
		}
		sized = sized || o.name == "max-active"
		params = append(params, param)
		if err := param.put(base, 0); err != nil {
			return nil, err
		}
	}
	switch {
	case len(params) == 0:
		return nil, errNoRange
	case len(params) > 2:
		return nil, fmt.Errorf("-%s: it is the third flag with a range, and there can be two", params[2].name)
	case len(s.targets) > 0 && !sized:
		return nil, fmt.Errorf("-target: it needs a range of pools, such as -max-active 4:64")
	}
	if err := s.recipe.finish(base); err != nil {
		return nil, err
	}
	sw, err := newSweep(base, params, *s.seeds, s.targets)
	if sw != nil {
		sw.files = s.recipe.read
	}
	return sw, s.recipe.named(err)
}
