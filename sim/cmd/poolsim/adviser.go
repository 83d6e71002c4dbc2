package main

import (
	"time"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/estimate"
)

// adviser looks for settings of a pool that meet the targets.
type adviser struct {
	targets  []*target
	seeds    int
	upTo     int
	progress *progress

	now     *trial   // the scenario as it is
	best    *trial   // the scenario as advised
	changes []change // from now to best
	useless []change // that were tried, and do not help
	smaller *trial   // one connection fewer, and the targets are not met; may be nil
	flat    int      // from so many connections on, more change nothing; zero: not seen
	free    bool     // the targets say nothing about the size, since requests wait for as long as it takes
	moved   *trial   // larger, and meets the targets, but what requests gain at the pool they lose elsewhere
	calm    *trial   // without the faults of the world, and meets the targets, which best does not
	missing []string // what the runs are too short to show
	tried   int
	events  uint64
}

// change is a change of one setting.
type change struct {
	Setting string `json:"setting"` // the flag's name
	From    string `json:"from"`
	To      string `json:"to"`
	Why     string `json:"why,omitempty"` // what it is good for
	Buys    string `json:"buys,omitempty"`
	trades  bool   // it was tried, and helps some requests at the expense of others
}

// advise tries settings one after another. The settings of idle connections come
// before the size, since a pool that opens fewer connections needs fewer.
func (v *adviser) advise(sc *sim.Scenario) error {
	var err error
	if v.now, err = v.try(sc); err != nil {
		return err
	}
	v.best = v.now
	for _, step := range []func() error{v.tryWait, v.tryOpenDetached, v.tryMaxIdle, v.tryIdleTimeout, v.tryJitter,
		v.tryRetryBudget, v.trySizes, v.tryWithoutFaults, v.tryWaitTimeout} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// variant returns the best scenario so far with another pool.
func (v *adviser) variant(set func(p *sim.Pool)) *sim.Scenario {
	return v.other(func(sc *sim.Scenario) { set(&sc.Pool) })
}

// other returns the best scenario so far with something else that differs.
func (v *adviser) other(set func(sc *sim.Scenario)) *sim.Scenario {
	sc := *v.best.scenario
	set(&sc)
	return &sc
}

// keep takes a change over, or notes that it was tried in vain.
func (v *adviser) keep(t *trial, helps bool, c change) {
	if !helps {
		if v.harms(t) {
			c.Buys += "; then the targets are not met"
		}
		v.useless = append(v.useless, c)
		return
	}
	v.best = t
	v.record(c)
}

// worth is the part of a figure by which a change must lower it.
const worth = 0.2

// lowers reports whether a difference from a figure is a gain that counts, with 95 %
// confidence.
func lowers(d estimate.Interval, from float64) bool {
	return from > 0 && -d.Mean >= float64(worth*from) && (!d.Known() || d.High < 0)
}

// harms reports whether a trial misses a target that the best so far meets.
func (v *adviser) harms(t *trial) bool { return v.best.meets && !t.meets }

// percentileLimit returns the least limit of a target about waits, or zero.
func (v *adviser) percentileLimit() (least time.Duration) {
	for _, t := range v.targets {
		if limit := secondsOf(t.limit); !t.shares && limit > 0 && (least == 0 || limit < least) {
			least = limit
		}
	}
	return least
}

// record notes a change that is kept. It takes the place of an earlier one of the same
// setting.
func (v *adviser) record(c change) {
	for i := range v.changes {
		if v.changes[i].Setting == c.Setting {
			v.changes[i] = c
			return
		}
	}
	v.changes = append(v.changes, c)
}

// tryWait makes requests wait where the pool refuses them. A queue needs a pool that is not
// overloaded, so the pool is made larger if it must be.
func (v *adviser) tryWait() error {
	p := &v.best.scenario.Pool
	if p.Wait || p.MaxActive == 0 || v.best.denied.Mean == 0 || v.onlyAbout("refused", "failed") {
		return nil // a target of refusals alone does not say how long a request may wait
	}
	waits := v.variant(func(p *sim.Pool) { p.Wait = true })
	waits.Pool.MaxActive = max(p.MaxActive, min(least(waits), v.most()))
	t, err := v.try(waits)
	if err != nil {
		return err
	}
	d := t.change(v.best, (*tally).deniedShare)
	c := change{Setting: "wait", From: "off", To: "on", Why: "requests that find all connections in use wait instead of being refused", Buys: v.gain("refused", v.best, t)}
	v.keep(t, lowers(d, v.best.denied.Mean) && !t.overloaded, c)
	v.recordSize()
	return nil
}

// tryOpenDetached lets openings go on where requests run out of time before their opening is
// over: a request that has waited has little time left.
func (v *adviser) tryOpenDetached() error {
	p := &v.best.scenario.Pool
	if p.OpenDetached || v.best.cut == 0 || v.best.denied.Mean == 0 {
		return nil
	}
	t, err := v.try(v.variant(func(p *sim.Pool) { p.OpenDetached = true }))
	if err != nil {
		return err
	}
	d := t.change(v.best, (*tally).deniedShare)
	c := change{Setting: "open-detached", From: "off", To: "on", Why: "an opening goes on when its request has no time left, and serves another one", Buys: v.gain("refused", v.best, t)}
	v.keep(t, lowers(d, v.best.denied.Mean) && !v.harms(t), c)
	return nil
}

// tryMaxIdle keeps all connections where the pool closes what it opens again.
func (v *adviser) tryMaxIdle() error {
	p := &v.best.scenario.Pool
	if p.MaxIdle == 0 || p.MaxActive > 0 && p.MaxIdle >= p.MaxActive {
		return nil
	}
	t, err := v.try(v.variant(func(p *sim.Pool) { p.MaxIdle = 0 }))
	if err != nil {
		return err
	}
	d := difference(t.open, v.best.open)
	c := change{Setting: "max-idle", From: count(p.MaxIdle, "none"), To: "0 (all)", Why: "connections are kept instead of being closed and opened again", Buys: opensBuy(v.best, t)}
	v.keep(t, lowers(d, meanOf(v.best.open)) && !v.harms(t), c)
	return nil
}

// tryIdleTimeout closes idle connections before the server does, or else much later.
func (v *adviser) tryIdleTimeout() error {
	sc := v.best.scenario
	p, server := &sc.Pool, sc.World.IdleTimeout
	if server > 0 && (p.IdleTimeout == 0 || p.IdleTimeout >= server) {
		to := server / 10 * 9
		t, err := v.try(v.variant(func(p *sim.Pool) { p.IdleTimeout = to }))
		if err != nil {
			return err
		}
		c := change{
			Setting: "idle-timeout", From: orNone(p.IdleTimeout), To: to.String(), Why: "the pool closes an idle connection before the server does",
			Buys: percents("leases of a dead connection", meanOf(v.best.bad), meanOf(t.bad)),
		}
		v.keep(t, lowers(difference(t.bad, v.best.bad), meanOf(v.best.bad)) && !v.harms(t), c)
		return nil
	}
	if p.IdleTimeout == 0 {
		return nil
	}
	to := 4 * p.IdleTimeout
	if server > 0 {
		to = min(to, server/10*9)
	}
	if to <= p.IdleTimeout {
		return nil
	}
	t, err := v.try(v.variant(func(p *sim.Pool) { p.IdleTimeout = to }))
	if err != nil {
		return err
	}
	c := change{Setting: "idle-timeout", From: orNone(p.IdleTimeout), To: to.String(), Why: "connections survive the pauses of the load", Buys: opensBuy(v.best, t)}
	v.keep(t, lowers(difference(t.open, v.best.open), meanOf(v.best.open)) && !v.harms(t), c)
	return nil
}

// jitterShare is the part of an age that a jitter of a tenth is.
const jitterShare = 10

// tryJitter spreads out the ends of connections that were opened together. A run shows it
// only if it is longer than an age, and counts no openings of its beginning.
func (v *adviser) tryJitter() error {
	p := &v.best.scenario.Pool
	to := p.MaxAge / jitterShare
	if p.MaxAge == 0 || p.MaxAgeJitter >= to {
		return nil
	}
	sc := v.variant(func(*sim.Pool) {})
	if length := runSpan(sc); length < 2*time.Duration(p.MaxAge) {
		v.missing = append(v.missing, "ends of -max-age, since a run lasts "+length.Round(time.Millisecond).String()+" and an age "+p.MaxAge.String())
		return nil
	}
	// All connections are opened at the beginning, with jitter or without.
	warm := max(sc.WarmUp, p.MaxAge/2)
	sc.WarmUp = warm
	without, err := v.try(sc)
	if err != nil {
		return err
	}
	with := *sc
	with.Pool.MaxAgeJitter = to
	spread, err := v.try(&with)
	if err != nil {
		return err
	}
	t, err := v.try(v.variant(func(p *sim.Pool) { p.MaxAgeJitter = to }))
	if err != nil {
		return err
	}
	c := change{
		Setting: "max-age-jitter", From: orNone(p.MaxAgeJitter), To: to.String(), Why: "connections that were opened together do not end together",
		Buys: numbers("most opens in a second", meanOf(without.most), meanOf(spread.most)),
	}
	v.keep(t, lowers(difference(spread.most, without.most), meanOf(without.most)) && !v.harms(t), c)
	return nil
}

// runSpan returns about how long the arrivals of a scenario go on.
func runSpan(sc *sim.Scenario) time.Duration {
	if sc.Workload.Open == nil || sc.Requests == 0 {
		if sc.Duration > 0 {
			return time.Duration(sc.Duration)
		}
		return 1 << 60 // a closed loop: it depends on the pool
	}
	hold := time.Duration(sc.Workload.Hold.Mean())
	length := time.Duration(1 << 60)
	if offered := sc.Offered(); offered > 0 && hold > 0 {
		length = secondsOf(min(float64(sc.Requests)*hold.Seconds()/offered, 1e9))
	}
	if sc.Duration > 0 {
		length = min(length, time.Duration(sc.Duration))
	}
	return length
}

// waitTimeoutFactor bounds a wait by a multiple of the target's limit. After that an error
// is better than a longer wait.
const waitTimeoutFactor = 10

// waitTimeoutPart bounds a wait by a part of the request's timeout: the rest is for the work.
// A request that gets its connection too late uses it in vain.
const waitTimeoutPart = 3

// tryWaitTimeout bounds the wait. It helps where a queue grows for a while, as in an
// outage.
func (v *adviser) tryWaitTimeout() error {
	p, limit := &v.best.scenario.Pool, v.percentileLimit()
	to := sim.Duration(waitTimeoutFactor * limit)
	if timeout := v.best.scenario.Workload.Timeout; timeout > 0 {
		to = min(to, timeout/waitTimeoutPart)
	}
	if !p.Wait || p.MaxActive == 0 || limit == 0 || p.WaitTimeout > 0 && p.WaitTimeout <= to || v.best.scenario.Workload.Patience.Mean() > 0 {
		return nil
	}
	t, err := v.try(v.variant(func(p *sim.Pool) { p.WaitTimeout = to }))
	if err != nil {
		return err
	}
	longest := func(t *tally) float64 { return t.wait.Quantile(0.999).Seconds() }
	d := t.change(v.best, longest)
	c := change{
		Setting: "wait-timeout", From: orNone(p.WaitTimeout), To: to.String(),
		Why: "a long queue ends with errors instead of serving everybody late", Buys: v.gain("p999", v.best, t),
	}
	shorter := lowers(d, v.best.figures["p999"].Mean)
	if !v.best.meets && shorter {
		c.trades = true
		c.Buys += "; " + v.gain("failed", v.best, t)
	}
	helps := !v.best.meets && t.meets || shorter && !v.harms(t) && v.best.meets
	if helps {
		v.calm, v.moved = nil, nil
	}
	v.keep(t, helps, c)
	return nil
}
