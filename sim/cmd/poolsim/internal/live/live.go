// Package live plays a scenario on a real pool, in real time: the same arrivals,
// holding times and latencies as in package sim, with fakes for connections.
package live

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
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
	Failed   uint64 // openings

	// Calls are requests with their retries, and Call is how long the good ones took.
	// Attempts and Good count tries and good calls in stretches of time, if Step is set.
	Calls    sim.CallCounts
	Call     sim.Histogram
	Step     time.Duration
	Attempts []uint64
	Good     []uint64
	Opened   []uint64 // openings that have succeeded, in the same stretches of time

	// Each is the instances of a fleet; without one, the pool. The server has at most
	// Connections at a time, if its connections are real and can be lost or refused, and has
	// refused others.
	Each        []Instance
	Connections int
	Turned      uint64
	Starts      int // of instances, by a deploy or the autoscaler
	Stops       int

	// Only a run in real time has:
	Late     sim.Histogram // how much later than drawn leases end, or their visits to a real server begin
	Worker   Lateness      // of the workers of a real server
	HandOver sim.Histogram // from a release until the waiter runs
	Arrivals sim.Histogram // how much later than drawn requests arrive
}

// Instance is one instance of a fleet.
type Instance struct {
	Requests uint64
	Granted  uint64
	Acquire  sim.Histogram // from arrival to grant, of those granted
	Opens    uint64
	Failed   uint64 // openings
}

// Overhead is by how much a lease occupies its place longer than drawn, on
// average: it ends late, and its waiter starts late.
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
	why  string
}

// unplayedFields lists the fields that the real pool cannot play. The connections are fakes, or
// there is a real server, which has a Redis for each worker: each can play what the other cannot.
func unplayedFields(sc *sim.Scenario, redis bool) []unplayed {
	w := &sc.World
	if !redis {
		return []unplayed{{"world.server", w.Server.Workers > 0, "without a real server: fakes have no queue, but each Redis of -redis is a worker"}}
	}
	return []unplayed{
		{"world.open_failure", w.OpenFailure > 0, "with a real server: it refuses no connection by chance"},
		{"world.test_failure", w.TestFailure > 0, "with a real server: it fails no test by chance"},
		{"world.fail_latency", !w.FailLatency.IsZero(), "with a real server: it decides itself how long it takes to refuse a connection"},
		{"world.dead_latency", !w.DeadLatency.IsZero(), "with a real server: the system reports a dead connection at once"},
		{"world.life", !w.Life.IsZero(), "with a real server: it ends no connection because of its age"},
		{"world.idle_timeout", w.IdleTimeout > 0, "with a real server: its own timeout decides, in whole seconds"},
	}
}

// Supported reports the first field of a scenario that cannot be played.
func Supported(sc *sim.Scenario, redises int) error {
	redis := redises > 0
	for _, f := range unplayedFields(sc, redis) {
		if f.set {
			return fmt.Errorf("%s: %w %s", f.path, ErrUnsupported, f.why)
		}
	}
	if workers := sc.World.Server.Workers; redis && workers != redises {
		return fmt.Errorf("world.server.workers: %d, but each Redis is one worker, and there are %d", workers, redises)
	}
	return waitsEnd(sc)
}

// waitsEnd returns an error if a request may wait for ever. In virtual time such a run ends, but
// not in real time.
func waitsEnd(sc *sim.Scenario) error {
	load := &sc.Workload
	switch {
	case load.Timeout > 0 || !load.Patience.IsZero() || sc.Pool.WaitTimeout > 0:
		return nil
	case load.Nested:
		return fmt.Errorf("workload.nested: %w without a timeout: a deadlock would have no end", ErrUnsupported)
	case sc.Clients.Leak > 0 && sc.Pool.Wait:
		return fmt.Errorf("clients.leak: %w without a timeout: once all connections have leaked, requests would wait for ever", ErrUnsupported)
	}
	return nil
}

// run is one scenario that is played.
type run struct {
	whole  *sim.Scenario
	warmUp time.Duration // the time before counting begins
	clock  *clock
	ctx    context.Context
	all    []*player

	redis string // address of the server; empty: connections are fakes
	front *front // the server; nil: connections are fakes
	proxy *proxy // nil: the server does not stall, and loses and refuses no connection
	fleet fleet
	fakes fakes

	leaked []resource.Lease[*conn] // which nobody ends

	keys   *keyed       // nil: there are none
	ofKeys *sim.Sampler // draws the keys of requests

	coming atomic.Int32 // instances for which requests are to come

	mu     sync.Mutex
	result Result
}

// player plays one instance of the scenario.
type player struct {
	*run
	sc     *sim.Scenario // of this instance
	number int
	pool   *resource.Pool[*conn]
	draws  *sim.Sampler
	bucket *bucket
	left   int64 // of a closed loop's requests

	member
}

// Options says how a scenario is played.
type Options struct {
	// Redis is the addresses of the workers for the scenario's visits. If it is empty,
	// connections are fakes.
	Redis []string
	// Early is how much longer than requested a visit takes. So each visit requests that
	// much less: see [CalibrateRedis].
	Early time.Duration
	// Step is the stretch of time in which calls are counted; zero: they are not.
	Step time.Duration
	// Progress gets how many requests have come.
	Progress func(requests uint64)

	coarse bool // the clock uses Go's timers
}

// Run plays a scenario to its end, or until the context ends.
func Run(ctx context.Context, sc *sim.Scenario, o Options) (*Result, error) {
	if err := Supported(sc, len(o.Redis)); err != nil {
		return nil, err
	}
	r := newRun(ctx, sc)
	switch {
	case o.coarse:
		r.clock = coarseClock()
	case len(o.Redis) == 0:
		r.clock = newClock()
	default:
		r.clock = nappingClock() // a visit takes much longer than a nap is late
	}
	defer r.clock.stop()
	if err := r.connectServer(&o); err != nil {
		return nil, err
	}
	defer r.disconnectServer()
	if o.Step > 0 {
		const most = 1000
		r.result.Step = o.Step
		r.result.Attempts, r.result.Good, r.result.Opened = make([]uint64, most), make([]uint64, most), make([]uint64, most)
	}
	// The remaining openings and closes take their time by the clock.
	defer r.shutdown()
	if err := r.newPools(); err != nil {
		return nil, err
	}
	r.coming.Store(int32(max(sc.Fleet.Instances, 1)))
	end := r.beginPlan()
	r.play(o.Progress)
	end()
	if r.front != nil {
		r.result.Worker = r.front.late()
	}
	inWarmUp := r.result.Turned
	r.result.Connections, r.result.Turned = r.atServer()
	r.result.Turned -= inWarmUp
	return &r.result, ctx.Err()
}

// atServer returns how many connections the server has had at most, and how many others it has
// refused so far.
func (r *run) atServer() (most int, refused uint64) {
	switch {
	case r.proxy != nil:
		return r.proxy.seen()
	case r.front != nil:
		return 0, 0
	}
	r.fakes.Lock()
	defer r.fakes.Unlock()
	return r.fakes.peak, r.fakes.refused
}

func newRun(ctx context.Context, sc *sim.Scenario) *run {
	return &run{whole: sc, warmUp: time.Duration(sc.WarmUp), ctx: ctx, fakes: fakes{has: map[*conn]bool{}, idleTimeout: time.Duration(sc.World.IdleTimeout)}}
}

func (r *run) newPools() error {
	if r.whole.Keys.Count > 0 {
		return r.newKeys()
	}
	return r.newInstances()
}

// newInstances makes all instances, also those that an autoscaler may start.
func (r *run) newInstances() error {
	f := &r.whole.Fleet
	all := max(f.Instances, f.Autoscale.Max, 1)
	r.result.Each = make([]Instance, all)
	for i := range all {
		sc := r.whole.Instance(i)
		p := &player{run: r, sc: sc, number: i, draws: sim.NewSampler(sc), bucket: newBucket(sc), left: sc.Requests}
		var err error
		if p.pool, err = resource.New(p.config()); err != nil {
			return err
		}
		r.all = append(r.all, p)
		p.live = i < max(f.Instances, 1)
		if p.live {
			r.fleet.live++
		} else {
			p.keepNone()
		}
	}
	return nil
}

func (r *run) shutdown() {
	var leaked sync.WaitGroup
	defer leaked.Wait()
	for _, l := range r.leaked {
		leaked.Go(func() { l.Discard() })
	}
	if r.keys != nil {
		r.endKeys()
		return
	}
	var all sync.WaitGroup
	for _, p := range r.all {
		all.Go(func() { _ = p.pool.Shutdown(context.Background()) }) // the context has no end
	}
	all.Wait()
}

// play has the load of each instance of the scenario come.
func (r *run) play(progress func(uint64)) {
	var (
		all sync.WaitGroup
		mu  sync.Mutex
		n   uint64
	)
	came := func() {
		mu.Lock()
		defer mu.Unlock()
		if n++; progress != nil {
			progress(n)
		}
	}
	for _, p := range r.all[:max(r.whole.Fleet.Instances, 1)] {
		if r.whole.Workload.Closed == nil {
			all.Go(func() { p.open(came) })
			continue
		}
		for range r.whole.Workload.Closed.Clients {
			all.Go(func() { p.client(came) })
		}
	}
	all.Wait()
}

// open has requests arrive when they are due, each on a goroutine of its own.
func (p *player) open(came func()) {
	var all sync.WaitGroup
	defer all.Wait()
	for p.ctx.Err() == nil {
		at, ok := p.draws.Arrival()
		if !ok {
			p.coming.Add(-1)
			return
		}
		p.clock.sleep(at)
		late := p.clock.now() - at
		x, d := p.begin()
		all.Go(func() { x.serve(d) })
		if at >= p.warmUp {
			p.count(func(r *Result) { r.Arrivals.Add(late) })
		}
		came()
	}
}

// client asks, is served and thinks.
func (p *player) client(came func()) {
	for p.ctx.Err() == nil {
		p.mu.Lock()
		think := p.draws.Think()
		p.mu.Unlock()
		p.clock.sleep(p.clock.now() + think)
		p.mu.Lock()
		over := p.sc.Requests > 0 && p.left <= 0 || p.sc.Duration > 0 && p.clock.now() >= time.Duration(p.sc.Duration)
		p.left--
		p.mu.Unlock()
		if over {
			return
		}
		came()
		x, d := p.begin()
		x.serve(d)
	}
}

// begin returns the instance that serves a request, and what was drawn for that.
func (p *player) begin() (*player, drawn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.route()
	x.underway++
	return x, x.draw()
}

// serve makes a call, and ends what begin has begun.
func (p *player) serve(d drawn) {
	p.call(d)
	p.ended()
}

func (p *player) draw() (d drawn) {
	d.hold, d.patience = p.draws.Request()
	d.background, d.urgent = p.draws.Class()
	d.end = p.drawEnding()
	if p.redis != "" {
		d.service = p.draws.Service()
	}
	p.bucket.earn(&p.sc.Clients.Retry)
	return d
}
