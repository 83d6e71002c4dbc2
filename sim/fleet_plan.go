package sim

import (
	"cmp"
	"slices"

	"github.com/respool/respool/sim/internal/observe"
)

// planned is something that happens to the fleet: an instance stops or starts, or the
// autoscaler looks.
type planned struct {
	at     Instant
	do     func(f *fleet, i int)
	target int
}

// planDeploy plans the replacement of each instance.
func (f *fleet) planDeploy() {
	d := &f.sc.Fleet.Deploy
	if d.Every == 0 {
		return
	}
	for i := range f.sc.Fleet.Instances {
		at := Instant(d.At) + Instant(i)*Instant(d.Every)
		f.plan = append(f.plan, planned{at, (*fleet).replace, i}, planned{at + Instant(d.Down), (*fleet).start, i})
	}
	slices.SortStableFunc(f.plan, func(a, b planned) int { return cmp.Compare(a.at, b.at) })
}

// planLook plans the autoscaler's next look.
func (f *fleet) planLook(now Instant) {
	every := f.sc.Fleet.Autoscale.Every
	if every == 0 {
		return
	}
	at := now + Instant(every)
	i := 0
	for i < len(f.plan) && f.plan[i].at <= at {
		i++
	}
	f.plan = slices.Insert(f.plan, i, planned{at, (*fleet).look, 0})
}

// isPlanned reports whether the plan comes before the next event, that of x. When no
// request is to come, the plan makes no difference.
func (f *fleet) isPlanned(x *instance) bool {
	return len(f.plan) > 0 && f.plan[0].at <= x.queue.first().at &&
		slices.ContainsFunc(f.all, func(x *instance) bool { return x.source.goesOn(x.engine) })
}

// followPlan does what is planned next.
func (f *fleet) followPlan() {
	p := f.plan[0]
	f.plan = f.plan[1:]
	f.pass(p.at)
	p.do(f, p.target)
	f.changed()
}

// replace stops an instance that starts later. If it is the last one that gets requests,
// it is not gone in between.
func (f *fleet) replace(i int) {
	last := f.live == 1 && f.all[i].live
	f.stop(i)
	if last {
		f.start(i)
	}
}

// stop has an instance get no more requests.
func (f *fleet) stop(i int) {
	x := f.enter(i)
	if !x.live {
		return
	}
	x.live = false
	x.begun = x.engine.calls.begun
	f.live--
	f.stops++
	x.draining = true
	f.draining++
	f.closeDrained()
}

// start has an instance get requests again, with an empty pool.
func (f *fleet) start(i int) {
	x := f.enter(i)
	if x.live {
		return
	}
	if x.draining { // it has requests of before, and no longer needs to wait for their end
		x.draining = false
		f.draining--
		f.close(x)
	}
	x.live = true
	f.live++
	f.starts++
	x.resize(f.maxActive, f.maxIdle)
}

// enter begins something that happens to an instance.
func (f *fleet) enter(i int) *instance {
	x := f.all[i]
	x.arriveAt(f.now)
	f.acting = x
	return x
}

// closeDrained closes the connections of instances that have served their last requests.
func (f *fleet) closeDrained() {
	if f.draining == 0 {
		return
	}
	for _, x := range f.all {
		if x.draining && x.requests.underway == 0 {
			x.draining = false
			f.draining--
			x.arriveAt(f.now)
			f.close(x)
		}
	}
}

// close closes the connections of an instance that is gone, and has it keep none.
func (f *fleet) close(x *instance) {
	x.resize(f.maxActive, 0)
	x.ledger.Reset(x.now)
	x.seen("reset", nil, observe.Event{})
	x.after()
}

func (x *instance) resize(maxActive, maxIdle int) {
	x.ledger.Resize(x.now, maxActive, maxIdle)
	x.seen("resize", nil, observe.Event{MaxActive: maxActive, MaxIdle: maxIdle})
	x.after()
}

// look is the autoscaler's: it starts an instance, or stops one, or none.
func (f *fleet) look(int) {
	a := &f.sc.Fleet.Autoscale
	span := float64(f.now - f.looked)
	use := f.leased / span / float64(f.live*f.sc.Pool.MaxActive)
	f.leased, f.looked = 0, f.now
	switch {
	case use > a.High && f.live < max(a.Max, f.sc.Fleet.Instances):
		f.start(slices.IndexFunc(f.all, func(x *instance) bool { return !x.live }))
	case use < a.Low && f.live > max(a.Min, 1):
		last := len(f.all) - 1
		for !f.all[last].live {
			last--
		}
		f.stop(last)
	}
	f.planLook(f.now)
}
