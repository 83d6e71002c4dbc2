package live

import (
	"slices"
	"sync"
	"time"

	"github.com/respool/respool/resource"
)

// fleet is which of the instances get requests, and how busy they are. The run's lock
// protects it.
type fleet struct {
	live int
	turn int // of the instances that get the requests of one that is gone

	leases   int
	leased   float64 // leases, weighted by time, since the autoscaler's last look
	changed  time.Duration
	lookedAt time.Duration
}

// member is what an instance is to its fleet. The run's lock protects it, except for moving.
type member struct {
	moving   sync.Mutex // held while the instance starts, and while its connections are closed
	live     bool
	draining bool // is to close its connections when it has served its requests
	underway int  // calls
}

// lends notes how many more leases there are from now on, or with a negative number fewer.
func (f *fleet) lends(now time.Duration, more int) {
	f.leased += float64(float64(f.leases) * (now - f.changed).Seconds())
	f.changed = now
	f.leases += more
}

// route returns the instance that gets a request of p, as the simulation does: its own, or
// in turn those that are live. With an autoscaler all requests come in turn. With keys it is the
// pool of the key that is drawn. The run's lock is held.
func (p *player) route() *player {
	if p.keys != nil {
		return p.all[p.ofKeys.Key()]
	}
	if p.live && p.whole.Fleet.Autoscale.Every == 0 {
		return p
	}
	for range p.all {
		p.fleet.turn = (p.fleet.turn + 1) % len(p.all)
		if x := p.all[p.fleet.turn]; x.live {
			return x
		}
	}
	return p // not reached: one is always live
}

// ended notes the end of a call. The last one of an instance that is gone closes its
// connections.
func (p *player) ended() {
	p.mu.Lock()
	p.underway--
	over := p.draining && p.underway == 0
	p.mu.Unlock()
	if over {
		p.closeGone()
	}
}

// stop takes an instance out of the fleet: it gets no more requests.
func (p *player) stop() {
	p.mu.Lock()
	if !p.live {
		p.mu.Unlock()
		return
	}
	p.live, p.draining = false, true
	p.fleet.live--
	p.result.Stops++
	over := p.underway == 0
	p.mu.Unlock()
	if over {
		p.closeGone()
	}
}

// closeGone closes the connections of an instance that is gone, and makes its pool keep none.
// If the instance has started again meanwhile, it keeps its connections.
func (p *player) closeGone() {
	p.moving.Lock()
	defer p.moving.Unlock()
	p.mu.Lock()
	gone := p.draining
	p.draining = false
	p.mu.Unlock()
	if gone {
		p.keepNone()
	}
}

func (p *player) keepNone() {
	must(p.pool.Resize(p.sc.Pool.MaxActive, resource.KeepNone))
	p.pool.Reset()
}

// start gives requests to an instance again, whose pool is empty.
func (p *player) start() {
	p.moving.Lock()
	defer p.moving.Unlock()
	p.mu.Lock()
	was := p.live
	p.draining = false
	p.mu.Unlock()
	if was {
		return
	}
	p.pool.Reset()
	must(p.pool.Resize(p.sc.Pool.MaxActive, p.sc.Pool.MaxIdle))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.live = true
	p.fleet.live++
	p.result.Starts++
}

// replace stops an instance that starts later. If it is the last one that gets requests,
// it is not gone in between.
func (p *player) replace() {
	p.mu.Lock()
	last := p.live && p.fleet.live == 1
	p.mu.Unlock()
	p.stop()
	if last {
		p.start()
	}
}

// must panics: the limits are those that the pool was made with.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// deploy replaces each instance.
func (r *run) deploy() (plan []planned) {
	d := &r.whole.Fleet.Deploy
	if d.Every == 0 {
		return nil
	}
	for i, p := range r.all[:r.whole.Fleet.Instances] {
		at := time.Duration(d.At) + time.Duration(i)*time.Duration(d.Every)
		plan = append(plan, planned{at, p.replace, true}, planned{at + time.Duration(d.Down), p.start, true})
	}
	return plan
}

// look is a look of the autoscaler. It starts an instance, stops one, or changes nothing.
func (r *run) look() {
	a := &r.whole.Fleet.Autoscale
	r.mu.Lock()
	now, f := r.clock.now(), &r.fleet
	f.lends(now, 0)
	use := f.leased / (now - f.lookedAt).Seconds() / float64(f.live*r.whole.Pool.MaxActive)
	f.leased, f.lookedAt = 0, now
	live := f.live
	first := slices.IndexFunc(r.all, func(p *player) bool { return !p.live })
	last := len(r.all) - 1
	for !r.all[last].live {
		last--
	}
	r.mu.Unlock()
	switch {
	case use > a.High && live < max(a.Max, r.whole.Fleet.Instances):
		r.all[first].start()
	case use < a.Low && live > max(a.Min, 1):
		r.all[last].stop()
	}
}
