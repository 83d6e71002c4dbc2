package main

import (
	"math"
	"slices"

	"github.com/respool/respool/sim"
)

// trySizes finds the smallest pool that meets the targets. It doubles the size until
// they are met, and halves the gap. More connections are taken never to be worse, unless
// the server has workers.
func (v *adviser) trySizes() error {
	from := v.best.scenario.Pool.MaxActive
	if from == 0 {
		return nil // no limit: there is no smallest
	}
	if done, err := v.tryEnough(); done || err != nil {
		return err
	}
	met, err := v.sized(max(min(from, v.fits()), v.fewest()))
	if err != nil {
		return err
	}
	below := v.fewest() - 1 // too small
	lowest := met
	if !met.meets && v.best.scenario.World.Server.Workers > 0 {
		if met, lowest, err = v.halved(met); err != nil {
			return err
		}
	}
	if !met.meets {
		below, met, err = v.larger(met)
		if err != nil {
			return err
		}
		if met == nil {
			v.settleFor(lowest)
			return nil
		}
	}
	return v.smallest(below, met)
}

// smallest halves the gap between a size that is too small and a trial that meets the
// targets.
func (v *adviser) smallest(below int, met *trial) error {
	below = max(below, least(v.best.scenario)-1)
	for size := met.scenario.Pool.MaxActive; size-below > 1; {
		mid := (below + size) / 2
		t, err := v.sized(mid)
		switch {
		case err != nil:
			return err
		case t.meets:
			met, size = t, mid
		default:
			below, v.smaller = mid, t
		}
	}
	v.best = met
	v.recordSize()
	return nil
}

// tryEnough is for targets that say nothing about how long a request waits, and a pool in
// which it may wait for any time: nearly every size meets them, and the smallest one would
// be bad advice. It takes the nearest size that meets them, and reports whether there is
// one.
func (v *adviser) tryEnough() (done bool, err error) {
	if !v.onlyAbout("refused", "failed") || !waitsForever(v.best.scenario) {
		return false, nil
	}
	size := max(min(v.best.scenario.Pool.MaxActive, v.fits()), v.fewest(), least(v.best.scenario))
	t, err := v.sized(size)
	if err != nil || !t.meets {
		return false, err
	}
	v.free, v.best = true, t
	v.recordSize()
	return true, nil
}

// waitsForever reports whether the requests that a pool cannot serve at once wait for as
// long as it takes.
func waitsForever(sc *sim.Scenario) bool {
	p := &sc.Pool
	return p.Wait && p.WaitTimeout == 0 && p.MaxWaiters == 0 && p.ShedTarget == 0 &&
		sc.Workload.Patience.Mean() == 0 && sc.Workload.Timeout == 0
}

// onlyAbout reports whether all targets are about some figures.
func (v *adviser) onlyAbout(names ...string) bool {
	return !slices.ContainsFunc(v.targets, func(t *target) bool { return !slices.Contains(names, t.name) })
}

// recordSize notes the size as a change, if it is one.
func (v *adviser) recordSize() {
	from, to := v.now.scenario.Pool.MaxActive, v.best.scenario.Pool.MaxActive
	if from != to {
		why := "it is the smallest pool found that meets the targets"
		switch {
		case v.calm != nil:
			why = "it is the smallest pool found that meets the targets while the server is well"
		case v.free:
			why = "the pool must keep up with the load, and the server must have room for it"
		case !v.best.meets:
			why = "no pool meets the targets, and of those tried it is the nearest"
		}
		v.record(change{Setting: "max-active", From: count(from, ""), To: count(to, ""), Why: why, Buys: v.gain(v.targets[0].name, v.now, v.best)})
		return
	}
	v.changes = slices.DeleteFunc(v.changes, func(c change) bool { return c.Setting == "max-active" })
}

// halved halves a pool until it meets the targets: more connections can make a server with
// workers slower. It returns the first trial that meets them, or the one that it was given,
// and the trial with the least figure of the first target.
func (v *adviser) halved(from *trial) (met, lowest *trial, err error) {
	lowest = from
	figure := func(t *trial) float64 { return t.figures[v.targets[0].name].Mean }
	for n := from.scenario.Pool.MaxActive / 2; n >= v.fewest(); n /= 2 {
		t, err := v.sized(n)
		if err != nil || t.meets {
			return t, t, err
		}
		if figure(t) < figure(lowest) && t.denied.Mean <= lowest.denied.Mean {
			lowest = t
		}
	}
	return from, lowest, nil
}

// settleFor takes over another pool that misses a target, if it is much better with 95 %
// confidence.
func (v *adviser) settleFor(t *trial) {
	of := &v.targets[0].metric
	if t != v.best && lowers(t.change(v.best, of.of), v.best.figures[of.name].Mean) {
		v.best, v.flat = t, 0
		v.recordSize()
	}
}

// larger doubles a pool until it meets the targets. It returns the largest size that is
// too small, and the first trial that meets them, or nil. If twice as many connections
// change nothing, more will not either.
func (v *adviser) larger(t *trial) (below int, met *trial, err error) {
	for !t.meets {
		below, v.smaller = t.scenario.Pool.MaxActive, t
		if below >= v.most() {
			return below, nil, nil
		}
		next, err := v.sized(min(max(2*below, least(v.best.scenario)), v.most()))
		if err != nil {
			return 0, nil, err
		}
		if next.meets && v.onlyMoves(t, next) {
			v.moved = next
			return below, nil, nil
		}
		if !next.meets && !t.overloaded && v.same(t, next) {
			v.flat = below
			return below, nil, nil
		}
		t = next
	}
	return below, t, nil
}

// same reports whether two trials have the same figures, for the targets, within a part in
// a thousand.
func (v *adviser) same(a, b *trial) bool {
	for _, t := range v.targets {
		x, y := a.figures[t.name].Mean, b.figures[t.name].Mean
		if math.Abs(x-y) > 1e-3*math.Abs(x) {
			return false
		}
	}
	return math.Abs(a.denied.Mean-b.denied.Mean) <= 1e-3*a.denied.Mean
}

// sized runs the best so far with another size, and settings that must not be above it.
func (v *adviser) sized(n int) (*trial, error) {
	p := &v.best.scenario.Pool
	if p.MaxActive == n {
		return v.best, nil
	}
	return v.try(v.variant(func(p *sim.Pool) {
		p.MaxActive = n
		p.MinIdle, p.SoftIdleMin = min(p.MinIdle, n), min(p.SoftIdleMin, n)
	}))
}
