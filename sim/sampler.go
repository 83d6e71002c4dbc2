package sim

import "time"

// Sampler draws the random times of a scenario, for programs that run it in another way
// than in virtual time. For each purpose it draws the same times as [Run], in the same
// order. It is not safe for concurrent use.
type Sampler struct {
	sc                                   *Scenario
	source                               source
	now                                  Instant
	hold, patience, think                *stream
	openLatency, closeLatency, testTakes *stream
	service, retry                       *stream
	openFails, testFails, failing        *stream
	noticing, life, background, urgent   *stream
	key, ending                          *stream
	shares                               zipf // of the keys; nil: none was drawn
	stalls                               []Interval
}

// NewSampler returns a sampler of a scenario, which must be valid.
func NewSampler(sc *Scenario) *Sampler {
	return &Sampler{
		sc: sc, source: newSource(sc),
		hold: newStream(sc.Seed, holds), patience: newStream(sc.Seed, patiences), think: newStream(sc.Seed, thinks),
		service: newStream(sc.Seed, serving), retry: newStream(sc.Seed, retrying),
		openFails: newStream(sc.Seed, openFailures), testFails: newStream(sc.Seed, testFailures), failing: newStream(sc.Seed, failing),
		noticing: newStream(sc.Seed, noticing), life: newStream(sc.Seed, deaths), background: newStream(sc.Seed, backgrounds),
		urgent: newStream(sc.Seed, urgencies), key: newStream(sc.Seed, keying), stalls: sc.World.inOrder(), ending: newStream(sc.Seed, behavior),
		openLatency: newStream(sc.Seed, opens), closeLatency: newStream(sc.Seed, closings), testTakes: newStream(sc.Seed, tests),
	}
}

// Arrival returns the instant of the next arrival of an open workload, or false
// if there is none.
func (d *Sampler) Arrival() (time.Duration, bool) {
	if d.source.left == 0 {
		return 0, false
	}
	at, ok := d.source.after(d.now)
	if !ok || at >= d.source.until {
		d.source.left = 0
		return 0, false
	}
	if d.source.left > 0 {
		d.source.left--
	}
	d.now = at
	return time.Duration(at), true
}

// Request returns how long the next request will hold a lease, and its patience.
// Patience zero has no end.
func (d *Sampler) Request() (hold, patience time.Duration) {
	w := &d.sc.Workload
	return w.Hold.sample(d.hold), w.Patience.sample(d.patience)
}

// Service returns how long the server works for the next request.
func (d *Sampler) Service() time.Duration { return d.sc.World.Server.Service.sample(d.service) }

// Jitter returns a number between 0 and 1 for the pause before the next retry.
func (d *Sampler) Jitter() float64 { return d.retry.open01() }

// Ending reports how the next request ends its lease if nothing goes wrong: with Discard, by a
// panic halfway, or never. At most one of them is true. If none is, the request releases its lease.
func (d *Sampler) Ending() (discards, panics, leaks bool) {
	switch d.sc.Clients.ending(d.ending) {
	case discard:
		return true, false, false
	case panicking:
		return false, true, false
	case leak:
		return false, false, true
	}
	return false, false, false
}

// Think returns how long a closed client thinks next.
func (d *Sampler) Think() time.Duration { return d.sc.Workload.Closed.Think.sample(d.think) }

// Opening returns how long the next opening takes.
func (d *Sampler) Opening() time.Duration { return d.sc.World.OpenLatency.sample(d.openLatency) }

// Closing returns how long the next close takes.
func (d *Sampler) Closing() time.Duration { return d.sc.World.CloseLatency.sample(d.closeLatency) }

// Testing returns how long the next test takes.
func (d *Sampler) Testing() time.Duration { return d.sc.World.TestLatency.sample(d.testTakes) }
