//go:build !js

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/cmd/poolsim/internal/live"
	"github.com/respool/respool/sim/internal/compact"
)

func validateCommand() *command {
	return &command{
		name: "validate", args: "[flags] [scenario.json]", files: 1,
		summary: "run it in virtual time and on the real pool, side by side",
		text:    validateText,
		begin: func() (*flags, action) {
			v := newValidate()
			return v.flags, v.start
		},
	}
}

const validateText = `
Runs one scenario twice: in virtual time, and in real time on resource.Pool, the
pool that programs use. Its connections are fakes with the same latencies. Both runs
have the same arrivals and holding times, so the machine causes all differences.
Without flags the load is 320 requests a second for half a minute. Each holds one of
2 connections for exp:5ms, so the utilization is 0.8.

  poolsim validate
  poolsim validate -rate 640 -hold lognormal:4ms,0.5 -max-active 4 -wait \
      -duration 1m

The run takes its -duration, and keeps one processor busy: timers are too coarse, so
a goroutine reads the clock all the time, and ends the leases. The output says how
late this clock is and how long a hand-over takes. It also has the figures of a
virtual run whose leases last longer by that much. Let nothing else run on the
machine meanwhile. With -instances there are as many pools, with a deploy and an
autoscaler if the scenario has them. With -keys there is a resource.Keyed. The fakes
die, fail to open, and are slow as the scenario says. With -workers they have a server
with one queue. Their holders discard and leak leases, and panic.

With -redis the connections are real, and each worker of the server is a real Redis,
which DEBUG SLEEP keeps busy for each visit. It needs redis-server
--enable-debug-command local. A front in this program has the server's one queue. It
hands each visit to the Redis that is free first, and measures how long that Redis is
busy. A proxy in front of it passes nothing on while the server stalls, ends all
connections when the server restarts, and refuses connections above the maximum.

  redis-server --port 6390 --save "" --enable-debug-command local
  poolsim validate -redis localhost:6390 -rate 140 -workers 1 -service exp:5ms \
      -max-active 8 -wait -duration 30s
  poolsim validate -redis localhost:6390 -instances 5 -rate 28 -hold 2ms \
      -workers 1 -service exp:5ms -max-active 8 -wait -max-connections 20 \
      -restart 10s -timeout 300ms -retries 2 -retry-backoff 50ms -duration 30s

The run first measures how much longer a worker is busy than a visit asks for. Each
visit then asks for less time: by that delay, and by as much as the visits before it
were late. The right half of the table is a virtual run with overhead: its workers take longer by the
rest of that delay, and its holds are longer by the time of the network and of the
client, and by the lateness of timers. Below it the output says which figures are
within 10 % of the virtual runs.
`

const validateRequests = 10_000

type validateFlags struct {
	flags  *flags
	recipe *recipe
	redis  *string
	svg    drawing
	output *output
}

func newValidate() *validateFlags {
	f := newFlags("validate")
	v := &validateFlags{flags: f, recipe: f.recipe(false, validateRequests)}
	f.group("Server")
	v.redis = f.text("redis", "", "real Redises play the workers of the server: the `ADDRESS` of each, with commas between them")
	f.group("Output")
	v.svg = f.drawing("write a picture to this `FILE`: both runs")
	v.output = f.format()
	return v
}

// standard returns the scenario of a command line without a workload.
func standard() *sim.Scenario {
	return &sim.Scenario{
		Pool: sim.Pool{MaxActive: 2, Wait: true},
		Workload: sim.Workload{
			Open: &sim.OpenLoop{Poisson: 320},
			Hold: sim.Dist{Exponential: sim.D(5 * time.Millisecond)},
		},
	}
}

func (v *validateFlags) start(p *process, files []string) error {
	sc, err := v.recipe.whole(standard(), p, files)
	if err != nil {
		return err
	}
	redises := addresses(*v.redis)
	if *v.redis != "" && len(redises) == 0 {
		return fmt.Errorf("-redis: %q names no address", *v.redis)
	}
	if err := live.Supported(sc, len(redises)); err != nil {
		return v.recipe.named(err)
	}
	if err := v.svg.possible(); err != nil {
		return err
	}
	found, err := validate(sc, redises, p.progress())
	if err != nil {
		return err
	}
	if err := v.svg.draw(found.picture); err != nil {
		return err
	}
	if v.output.json() {
		return p.printJSON(found.json())
	}
	_, err = p.stdout.Write(found.text(p.width()))
	return err
}

// addresses returns the addresses in a list with commas.
func addresses(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

// validation is the result of a scenario in virtual and in real time.
type validation struct {
	scenario *sim.Scenario
	virtual  *sim.Report
	adjusted *sim.Report // with leases that last longer by the overhead
	real     *live.Result
	took     time.Duration

	sleep, precise *sim.Histogram // by how much sleeping is late
	visits         *live.Visits   // to a real server; nil: there is none
}

func validate(sc *sim.Scenario, redises []string, g *progress) (*validation, error) {
	defer g.end()
	v := &validation{scenario: sc}
	var err error
	if v.virtual, err = sim.Run(sc); err != nil {
		return nil, err
	}
	if err := playable(v.virtual, sc); err != nil {
		return nil, err
	}
	g.say(-1, "measuring timers")
	o := live.Options{Redis: redises, Step: secondsOf(v.virtual.Timeline.Step), Progress: func(n uint64) {
		g.say(float64(n)/float64(max(v.virtual.Requests, 1)), "in real time")
	}}
	if len(redises) == 0 {
		v.sleep, v.precise = live.Calibrate(100, time.Millisecond)
	} else {
		server := &sc.World.Server
		visit := min(max(server.Service.Mean(), time.Millisecond), 5*time.Millisecond)
		for _, addr := range redises {
			if err := answers(addr, answersWithin); err != nil {
				return nil, fmt.Errorf("-redis %s: %w", addr, err)
			}
		}
		if v.visits, err = live.CalibrateRedis(redises, 150, visit); err != nil {
			return nil, fmt.Errorf("-redis: %w", err)
		}
		o.Early = v.visits.Busy
	}
	begin := time.Now()
	if v.real, err = live.Run(context.Background(), sc, o); err != nil {
		return nil, err
	}
	v.took = time.Since(begin)
	v.adjusted, err = sim.Run(v.longer())
	return v, err
}

// longestPlayed is the longest run in real time. A longer one is not meant: in virtual time it
// takes a moment.
const longestPlayed = 24 * time.Hour

// playable returns an error if a run would go on for too long in real time, or compare nothing.
func playable(virtual *sim.Report, sc *sim.Scenario) error {
	if virtual.Requests == 0 {
		return errors.New("no request arrives in this run, so there is nothing to compare: set a longer -duration or a higher -rate")
	}
	if takes := secondsOf(virtual.Duration) + time.Duration(sc.WarmUp); takes > longestPlayed {
		return fmt.Errorf("the run would take %v in real time, and the most is %v: set -duration or -requests", takes.Round(time.Hour), longestPlayed)
	}
	return nil
}

// longer returns the scenario with leases that last longer by what real time adds.
func (v *validation) longer() *sim.Scenario {
	longer := *v.scenario
	s := &longer.World.Server
	if s.Service.Mean() > 0 {
		s.Service = compact.Scale(s.Service, sim.D(max(s.Service.Mean()+v.real.Worker.Mean(), 0)))
	}
	hold := &longer.Workload.Hold
	mean := hold.Mean()
	switch {
	case s.Workers == 0 && mean > 0:
		overhead := sim.Slowdown{For: 1 << 52, Factor: 1 + float64(v.real.Overhead())/float64(mean)}
		longer.World.Slow = append(slices.Clone(longer.World.Slow), overhead)
	case s.Workers > 0 && mean > 0:
		*hold = compact.Scale(*hold, sim.D(mean+v.client()+v.real.Overhead()))
	case s.Workers > 0:
		*hold = sim.Dist{Constant: sim.D(v.client() + v.real.Overhead())}
	}
	return &longer
}

// client is what a visit to a real server takes beyond the time in which its worker is busy.
func (v *validation) client() time.Duration {
	if v.visits == nil {
		return 0
	}
	return v.visits.Client()
}
