package ledger

// Resize changes the limits. Waiters get new room at once. Above a lowered limit
// leased slots are closed when they come back, and idle ones by Advance, which is
// then due.
func (l *Ledger) Resize(now Instant, maxActive, maxIdle int) {
	if l.shut {
		return
	}
	l.maxActive, l.maxIdle = maxActive, maxIdle
	l.ceiling = max(l.maxActive, l.active())
	l.setFastPaths()
	l.minIdle.want = min(l.cfg.MinIdle, maxIdle, maxActive)
	l.serve(now)
	l.trimSoon(now)
	l.scheduleFillIfMinIdle(now)
}

// setFastPaths notes whether a slot that comes back needs more checks than usual.
// It is called when one of the fields that decide this has changed.
func (l *Ledger) setFastPaths() {
	l.checkReturns = l.shut || l.maxIdle == 0 || l.ceiling > l.maxActive
	l.fastReturn = l.noGates && !l.checkReturns && l.total == nil && l.replacing.superseded == 0 && l.shedding.target == 0 && l.urgent.quiet()
}

// excess reports whether there are idle slots above the limits that Resize has
// set.
func (l *Ledger) excess() bool {
	idle := int(l.tally[Idle])
	return idle > l.maxIdle || idle > 0 && l.active()-int(l.tally[Closing]) > l.maxActive
}

// trimSoon has Advance called if there is something to trim.
func (l *Ledger) trimSoon(now Instant) {
	if l.excess() {
		l.trimming = true
		l.setDue(now)
	}
}

// trim closes idle slots above the limits.
func (l *Ledger) trim(now Instant) {
	if !l.trimming {
		return
	}
	for range advanceBatch {
		if !l.excess() {
			l.trimming = false
			return
		}
		l.evict(now, l.idle.back, Surplus)
	}
}
