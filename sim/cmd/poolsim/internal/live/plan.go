package live

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"time"
)

// planned is something that happens at an instant, if it makes a difference.
type planned struct {
	at         time.Duration
	do         func()
	toRequests bool // makes a difference only to requests that are to come
}

// beginPlan carries out the plan for the instances and for the server. The function that it
// returns ends that.
func (r *run) beginPlan() (end func()) {
	plan := append(r.deploy(), r.faults()...)
	if r.warmUp > 0 {
		plan = append(plan, planned{r.warmUp, r.warmUpEnds, false})
	}
	slices.SortStableFunc(plan, func(a, b planned) int { return cmp.Compare(a.at, b.at) })
	ctx, cancel := context.WithCancel(r.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for x := range r.withLooks(plan) {
			if !r.sleepUntil(ctx, x.at) {
				return
			}
			if !x.toRequests || r.coming.Load() > 0 {
				x.do()
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// warmUpEnds notes how many connections the server has refused in the warm-up, which the
// result does not count.
func (r *run) warmUpEnds() {
	_, refused := r.atServer()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.result.TurnedAway = refused
}

// sleepUntil returns false if the context ends first.
func (r *run) sleepUntil(ctx context.Context, at time.Duration) bool {
	t := time.NewTimer(at - r.clock.now())
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// withLooks returns the plan with the autoscaler's looks, which have no end.
func (r *run) withLooks(plan []planned) iter.Seq[planned] {
	every := time.Duration(r.whole.Fleet.Autoscale.Every)
	return func(yield func(planned) bool) {
		look := every
		for len(plan) > 0 || every > 0 {
			next := planned{look, r.look, true}
			if every == 0 || len(plan) > 0 && plan[0].at <= look {
				next, plan = plan[0], plan[1:]
			} else {
				look += every
			}
			if !yield(next) {
				return
			}
		}
	}
}
