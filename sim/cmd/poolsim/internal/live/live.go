// Package live plays a scenario on a real pool, in real time: the same arrivals,
// holding times and latencies as in package sim, with fakes for connections.
package live

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/respool/respool/resource"
	"github.com/respool/respool/sim"
)

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

	visits *visits // to the server of fakes; nil: it has no queue, or is real

	leaked []resource.Lease[*conn] // which nobody ends

	keys   *keyed       // nil: there are none
	ofKeys *sim.Sampler // draws the keys of requests

	coming atomic.Int32 // instances for which requests are to come

	mu     sync.Mutex
	result Result
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
	switch {
	case r.front != nil:
		r.result.Worker = r.front.late()
	case r.visits != nil:
		r.result.Worker = r.visits.lateness()
	}
	inWarmUp := r.result.TurnedAway
	r.result.Connections, r.result.TurnedAway = r.atServer()
	r.result.TurnedAway -= inWarmUp
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
