package live

import "time"

// faults are what happens to a server that is real or has a queue. Fakes lose their connections
// by themselves.
func (r *run) faults() (plan []planned) {
	if r.proxy == nil && r.visits == nil {
		return nil
	}
	down := func(n int) {
		if r.proxy != nil {
			r.proxy.down(n)
		}
	}
	w := &r.whole.World
	for _, at := range w.Restarts {
		plan = append(plan, planned{time.Duration(at), r.serverDies, false})
	}
	for _, o := range w.Outages {
		plan = append(plan, planned{time.Duration(o.At), func() {
			down(1)
			r.serverDies()
		}, false}, planned{time.Duration(o.At + o.For), func() { down(-1) }, false})
	}
	return plan
}

// serverDies ends all connections and visits. A worker that is busy ends its visit first,
// though its answer goes nowhere.
func (r *run) serverDies() {
	if r.visits != nil {
		r.visits.dropAll()
		return
	}
	r.proxy.dropAll()
	r.front.dropWaiting()
}
