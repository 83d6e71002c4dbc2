package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/compact"
)

func lengthOptions() []option {
	return []option{
		anyOption("seed", "seed", "`N` where all chance comes from: a whole number", parseSeed,
			func(sc *sim.Scenario, v uint64) { sc.Seed = v }),
		anyOption("requests", "requests", "`N` end after so many requests", parseCount,
			func(sc *sim.Scenario, v int64) { sc.Requests = v }),
		durationOption("duration", "duration", "end the arrivals after so long, in virtual `time`",
			func(sc *sim.Scenario) *sim.Duration { return &sc.Duration }).unswept(),
		durationOption("warm-up", "warm_up", "count nothing before this `time`",
			func(sc *sim.Scenario) *sim.Duration { return &sc.WarmUp }).unswept(),
	}
}

func (o option) unswept() option {
	o.kind = fixed
	return o
}

func parseSeed(text string) (uint64, error) {
	n, err := strconv.ParseUint(text, 0, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a whole number from 0 on", text)
	}
	return n, nil
}

// parseCount reads a number of requests; 1e8 is easier to get right than its
// zeros.
func parseCount(text string) (int64, error) {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || x != math.Trunc(x) {
		return 0, fmt.Errorf("%q is not a whole number", text)
	}
	if math.Abs(x) > 1<<62 {
		return 0, fmt.Errorf("%s is more than a run can have", text)
	}
	return int64(x), nil
}

// sources are the options of which a command line has one: where requests come
// from.
var sources = []string{"rate", "constant", "bursts", "phases", "arrivals", "clients"}

func workloadOptions() []option {
	open := func(sc *sim.Scenario) *sim.OpenLoop {
		sc.Workload.Open, sc.Workload.Closed = new(sim.OpenLoop), nil
		return sc.Workload.Open
	}
	rate := func(name, field, usage string, to func(*sim.OpenLoop) *float64) option {
		o := anyOption(name, field, usage, readRate, func(sc *sim.Scenario, x float64) { *to(open(sc)) = x })
		o.kind = decimal
		return o
	}
	return []option{
		rate("rate", "workload.open.poisson", "`N` mean arrivals a second (Poisson)",
			func(o *sim.OpenLoop) *float64 { return &o.Poisson }),
		rate("constant", "workload.open.constant", "`N` arrivals a second, evenly spaced",
			func(o *sim.OpenLoop) *float64 { return &o.Constant }),
		anyOption("bursts", "workload.open.bursts", "requests come and go: `RATE,ON,OFF[,RATE]`, such as 5000,1s,9s,100",
			compact.Bursts, func(sc *sim.Scenario, b *sim.Bursts) { open(sc).Bursts = b }),
		anyOption("phases", "workload.open.phases", "rates that follow one another: `TIME:RATE,...`, such as 1m:500,30s:2000; the last goes on",
			compact.Phases, func(sc *sim.Scenario, p []sim.Phase) { open(sc).Phases = p }),
		anyOption("arrivals", "workload.open.trace_csv", "requests arrive at the instants in a CSV `FILE`", fileName,
			func(sc *sim.Scenario, file string) { open(sc).TraceCSV = file }),
		intOption("clients", "workload.closed.clients", "so many `clients` instead, each of which asks again when it has been served",
			func(sc *sim.Scenario) *int {
				closed := new(sim.ClosedLoop)
				if was := sc.Workload.Closed; was != nil {
					*closed = *was
				}
				sc.Workload.Open, sc.Workload.Closed = nil, closed
				return &closed.Clients
			}),
		{name: "think", field: "workload.closed.think", usage: "how long a client thinks in between: a `DIST`", set: setThink},
		distOption("hold", "workload.hold", "how long a lease is held: a `DIST`",
			func(sc *sim.Scenario) *sim.Dist { return &sc.Workload.Hold }),
		distOption("patience", "workload.patience", "how long a request waits before it gives up: a `DIST`",
			func(sc *sim.Scenario) *sim.Dist { return &sc.Workload.Patience }),
		{name: "hold-mean", field: "workload.hold", kind: length, set: setHoldMean,
			usage: "scale -hold, keeping its shape, so that its mean is this `time`"},
	}
}

// readRate reads arrivals a second. A scenario would take 0 for a rate that is not
// there.
func readRate(text string) (float64, error) {
	x, err := compact.Number(text)
	if err == nil && x == 0 {
		err = errors.New("must be above 0")
	}
	return x, err
}

func fileName(text string) (string, error) {
	if text == "" {
		return "", errors.New("names no file")
	}
	return text, nil
}

func setThink(sc *sim.Scenario, text string) error {
	if sc.Workload.Closed == nil {
		return errors.New("only clients think: it needs -clients")
	}
	d, err := compact.Dist(text)
	sc.Workload.Closed.Think = d
	return err
}

func setHoldMean(sc *sim.Scenario, text string) error {
	mean, err := compact.Duration(text)
	if err != nil {
		return err
	}
	if sc.Workload.Hold.Mean() <= 0 {
		return errors.New("it needs -hold, for the shape")
	}
	if mean <= 0 {
		return fmt.Errorf("%v is not positive", mean)
	}
	sc.Workload.Hold = compact.Scale(sc.Workload.Hold, mean)
	return nil
}
