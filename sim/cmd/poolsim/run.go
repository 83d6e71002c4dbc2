package main

import (
	"errors"
	"time"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/picture"
)

func runCommand() *command {
	return &command{
		name: "run", args: "[flags] [scenario.json]", files: 1,
		summary: "run a scenario, and report waits, refusals and use",
		text: `
Runs one scenario in virtual time and reports what became of the requests, how
long they waited, and what the pool did meanwhile.

A scenario comes from flags, from a file in JSON (- is standard input), or from
both: a flag overrides the file. -print prints the resulting scenario, to save it
and run it again. Without -requests and -duration there are 200,000 requests.

  poolsim run -rate 2000 -hold exp:3ms -max-active 10 -wait
  poolsim run -rate 2000 -hold exp:3ms -max-active 10 -wait -print >ten.json
  poolsim run ten.json -max-active 8 -wait-timeout 20ms
  poolsim run -clients 50 -think exp:10ms -hold lognormal:2ms,0.8 \
      -max-active 16 -wait -open-latency 20ms -outage 10s+500ms \
      -duration 30s -svg outage.svg

In the report, "wait" is the time in the queue of requests that got a connection,
zero if they got it at once. "acquire" also includes the opening or testing of the
connection. "total" ends with the lease. Percentiles are off by less than one part
in 1,000. With -format json all times are in seconds, and "scenario" is the scenario
as -print prints it.

A report is as wide as the terminal, or COLUMNS, or 80 columns.
`,
		begin: func() (*flags, action) {
			r := newRun()
			return r.flags, r.start
		},
	}
}

const runRequests = 200_000

type runFlags struct {
	flags  *flags
	recipe *recipe
	print  *bool
	svg    drawing
	output *output
}

func newRun() *runFlags {
	f := newFlags("run")
	r := &runFlags{flags: f, recipe: f.recipe(false, runRequests)}
	f.group("Output")
	r.svg = f.drawing("write a picture to this `FILE`")
	r.print = f.yes("print", false, "print the scenario as JSON, and do not run it")
	r.output = f.output()
	return r
}

func (r *runFlags) start(p *process, files []string) error {
	sc, err := r.recipe.whole(new(sim.Scenario), p, files)
	if err != nil {
		return err
	}
	if *r.print {
		if *r.svg.file != "" {
			return errors.New("-svg: -print does not run the scenario, so there is nothing to draw")
		}
		return p.printJSON(sc)
	}
	if err := r.svg.possible(); err != nil {
		return err
	}
	begin := time.Now()
	report, err := simulate(sc, p.progress())
	if err != nil {
		return err
	}
	if err := r.svg.draw(func() *picture.Picture { return runPicture(sc, report) }); err != nil {
		return err
	}
	if r.output.json() {
		err = p.printJSON(struct {
			*sim.Report
			Scenario *sim.Scenario  `json:"scenario"` // as -print prints it
			Files    []sim.FileRead `json:"files,omitempty"`
			Run      *realTime      `json:"run,omitempty"`
		}{report, sc, r.recipe.read, r.output.took(begin, report.Events)})
	} else {
		_, err = p.stdout.Write(runText(sc, report, r.recipe.read, p.width()))
	}
	if err == nil && endedEarly(sc, report) && sc.Duration == 0 {
		err = errUnmet
	}
	return err
}
