// Package live plays a scenario on a real pool, in real time: the same arrivals,
// holding times and latencies as in package sim, with fakes for connections.
package live

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/respool/respool/resource"
	"github.com/respool/respool/sim"
)

// Result is what a run in real time has shown.
type Result struct {
	Requests uint64
	Granted  uint64
	Refused  uint64        // of all kinds
	Acquire  sim.Histogram // from arrival to grant, of those granted
	Total    sim.Histogram // from arrival to the end of the lease
	Opens    uint64

	// Calls are requests with their retries, and Call is how long the good ones took.
	// Attempts and Good count tries and good calls in stretches of time, if Step is set.
	Calls    sim.CallCounts
	Call     sim.Histogram
	Step     time.Duration
	Attempts []uint64
	Good     []uint64

	// A virtual run does not have:
	Late     sim.Histogram // leases end so much later than drawn, or their visits to a real server begin
	Worker   Lateness      // of the workers of a real server
	HandOver sim.Histogram // from a release until who waited for it runs
	Arrivals sim.Histogram // arrivals come so much later than drawn
}

// Overhead is by how much a lease occupies its place longer than drawn, on
// average: it ends late, and who waits for it takes over late.
func (r *Result) Overhead() time.Duration {
	if r.Granted == 0 {
		return 0
	}
	handed := float64(r.HandOver.Mean()) * float64(r.HandOver.Count()) / float64(r.Granted)
	return r.Late.Mean() + time.Duration(handed)
}

// ErrUnsupported is for what has no counterpart in real time.
var ErrUnsupported = errors.New("cannot be played in real time")

// unplayed is a field of a scenario that cannot be played, if it is set.
type unplayed struct {
	path string
	set  bool
}

// unplayedFields lists the fields that the real pool cannot play. With real Redis servers
// more can be played: each is a worker of the simulated server.
func unplayedFields(sc *sim.Scenario, redis bool) []unplayed {
	w, c, load := &sc.World, &sc.Clients, &sc.Workload
	return []unplayed{
		{"world.open_failure", w.OpenFailure > 0}, {"world.test_failure", w.TestFailure > 0}, {"world.life", w.Life.Mean() > 0},
		{"world.fail_latency", w.FailLatency.Mean() > 0}, {"world.dead_latency", w.DeadLatency.Mean() > 0},
		{"world.idle_timeout", w.IdleTimeout > 0}, {"world.max_connections", w.MaxConnections > 0},
		{"world.restarts", len(w.Restarts) > 0}, {"world.outages", len(w.Outages) > 0}, {"world.slow", len(w.Slow) > 0},
		{"world.stalls", len(w.Stalls) > 0 && !redis}, {"world.server", w.Server.Workers > 0 && !redis},
		{"workload.background", load.Background > 0}, {"workload.urgent", load.Urgent > 0},
		{"clients.discard", c.Discard > 0}, {"clients.panic", c.Panic > 0}, {"clients.leak", c.Leak > 0},
		{"warm_up", sc.WarmUp > 0}, {"fleet", sc.Fleet.Instances > 0}, {"keys", sc.Keys.Count > 0},
	}
}

// Supported reports the first field of a scenario that cannot be played.
func Supported(sc *sim.Scenario, redises int) error {
	redis := redises > 0
	for _, f := range unplayedFields(sc, redis) {
		if f.set {
			return fmt.Errorf("%s: %w", f.path, ErrUnsupported)
		}
	}
	if workers := sc.World.Server.Workers; redis && workers != redises {
		return fmt.Errorf("world.server.workers: %d, but each Redis is one worker, and there are %d", workers, redises)
	}
	load := &sc.Workload
	if load.Nested && load.Timeout == 0 && load.Patience.IsZero() && sc.Pool.WaitTimeout == 0 {
		return fmt.Errorf("workload.nested: %w without a timeout: a deadlock would have no end", ErrUnsupported)
	}
	return nil
}

// player plays one scenario.
type player struct {
	sc    *sim.Scenario
	clock *clock
	pool  *resource.Pool[*conn]
	ctx   context.Context

	redis string // address of the server; empty: connections are fakes
	front *front // the server; nil: connections are fakes
	proxy *proxy // nil: the server does not stall

	mu     sync.Mutex
	draws  *sim.Sampler
	tokens float64 // for retries
	result Result
}

// Options says how a scenario is played.
type Options struct {
	// Redis is the addresses of the workers for the scenario's visits. If it is empty,
	// connections are fakes.
	Redis []string
	// Early is by how much longer than they ask for visits take, which ask for so much
	// less: see [CalibrateRedis].
	Early time.Duration
	// Step is the stretch of time in which calls are counted; zero: they are not.
	Step time.Duration
	// Progress gets how many requests have come.
	Progress func(requests uint64)
}

// Run plays a scenario to its end, or until the context ends.
func Run(ctx context.Context, sc *sim.Scenario, o Options) (*Result, error) {
	if err := Supported(sc, len(o.Redis)); err != nil {
		return nil, err
	}
	p := &player{sc: sc, ctx: ctx, draws: sim.NewSampler(sc), tokens: sc.Clients.Retry.Tokens()}
	if len(o.Redis) == 0 {
		p.clock = newClock()
	} else {
		p.clock = coarseClock() // what the server takes is much longer than a timer is late
	}
	defer p.clock.stop()
	if err := p.connectServer(&o); err != nil {
		return nil, err
	}
	defer p.disconnectServer()
	if o.Step > 0 {
		const most = 1000
		p.result.Step, p.result.Attempts, p.result.Good = o.Step, make([]uint64, most), make([]uint64, most)
	}
	progress := o.Progress
	if progress == nil {
		progress = func(uint64) {}
	}
	var err error
	if p.pool, err = p.newPool(); err != nil {
		return nil, err
	}
	// The remaining opens and closes go by the clock.
	defer p.pool.Shutdown(context.Background())
	if sc.Workload.Closed != nil {
		p.closed(progress)
	} else {
		p.open(progress)
	}
	if p.front != nil {
		p.result.Worker = p.front.late()
	}
	return &p.result, ctx.Err()
}

// open has requests arrive when they are due, each on a goroutine of its own.
func (p *player) open(progress func(uint64)) {
	var all sync.WaitGroup
	defer all.Wait()
	for n := uint64(0); p.ctx.Err() == nil; n++ {
		at, ok := p.draws.Arrival()
		if !ok {
			return
		}
		d := p.drawRequest()
		p.clock.sleep(at)
		late := p.clock.now() - at
		all.Go(func() { p.call(d) })
		p.mu.Lock()
		p.result.Arrivals.Add(late)
		p.mu.Unlock()
		progress(n)
	}
}

// closed has clients ask, be served and think.
func (p *player) closed(progress func(uint64)) {
	var all sync.WaitGroup
	left, n := p.sc.Requests, uint64(0)
	for range p.sc.Workload.Closed.Clients {
		all.Go(func() {
			for p.ctx.Err() == nil {
				p.mu.Lock()
				think := p.draws.Think()
				p.mu.Unlock()
				p.clock.sleep(p.clock.now() + think)
				p.mu.Lock()
				over := p.sc.Requests > 0 && left <= 0 || p.sc.Duration > 0 && p.clock.now() >= time.Duration(p.sc.Duration)
				left, n = left-1, n+1
				d := p.draw()
				progress(n)
				p.mu.Unlock()
				if over {
					return
				}
				p.call(d)
			}
		})
	}
	all.Wait()
}

func (p *player) drawRequest() drawn {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.draw()
}

func (p *player) draw() (d drawn) {
	d.hold, d.patience = p.draws.Request()
	if p.redis != "" {
		d.service = p.draws.Service()
	}
	p.earn(&p.sc.Clients.Retry)
	return d
}
