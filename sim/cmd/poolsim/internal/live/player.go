package live

import (
	"sync"
	"time"

	"github.com/respool/respool/resource"
	"github.com/respool/respool/sim"
)

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

// play starts the load of each instance, and returns when the last request is over.
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

// open starts each request when it is due, on a goroutine of its own.
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

// client is one client of a closed loop. It makes a request, waits for its end, and thinks.
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
	if p.whole.World.Server.Workers > 0 {
		d.service = p.draws.Service()
	}
	p.bucket.earn(&p.sc.Clients.Retry)
	return d
}
