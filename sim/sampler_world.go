package sim

import "time"

// The methods in this file draw the faults of the world. An instant is the time since the
// beginning of the run.

// Slowed returns how long something takes at the server's pace now, apart from stalls.
func (d *Sampler) Slowed(now, takes time.Duration) time.Duration {
	return paced(takes, d.sc.World.pace(Instant(now)))
}

// Served returns how long an operation of the server takes that begins now: at its pace,
// and with the stalls in between.
func (d *Sampler) Served(now, takes time.Duration) time.Duration {
	return stalled(d.stalls, Instant(now), d.Slowed(now, takes))
}

// FailsToOpen reports whether the next opening fails by chance.
func (d *Sampler) FailsToOpen() bool { return d.openFails.chance(d.sc.World.OpenFailure) }

// FailsTest reports whether the next test fails by chance.
func (d *Sampler) FailsTest() bool { return d.testFails.chance(d.sc.World.TestFailure) }

// Failing returns how long the next failing opening takes, apart from the server's pace.
func (d *Sampler) Failing() time.Duration { return d.sc.World.FailLatency.sample(d.failing) }

// Noticing returns how long it takes to notice that the next connection is dead.
func (d *Sampler) Noticing() time.Duration { return d.sc.World.DeadLatency.sample(d.noticing) }

// Life returns the age at which the next connection dies by itself. Zero: it does not.
func (d *Sampler) Life() time.Duration { return d.sc.World.Life.sample(d.life) }

// Class reports whether the next request is made in the background, or is urgent.
func (d *Sampler) Class() (background, urgent bool) {
	w := &d.sc.Workload
	background = w.Background > 0 && d.background.chance(w.Background)
	return background, w.Urgent > 0 && d.urgent.chance(w.Urgent) && !background
}

// Key returns the key of the next request, if the scenario has keys.
func (d *Sampler) Key() int {
	if d.shares == nil {
		d.shares = newZipf(max(d.sc.Keys.Count, 1), d.sc.Keys.Skew)
	}
	return d.shares.pick(d.key.open01())
}
