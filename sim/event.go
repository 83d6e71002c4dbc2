package sim

// what is the kind of an occasion.
type kind uint8

const (
	arrival        kind = iota // a request arrives
	thinkDone                  // a closed client has thought, and asks again
	patienceDone               // a request gives up waiting
	openDone                   // an opening is over
	testDone                   // a test is over
	closeDone                  // the close of an acquirer's own slot is over
	batchCloseDone             // a close in a row of closes is over
	holdDone                   // a lease ends
	death                      // a connection dies by itself
	idleCheck                  // the server may close a connection that it does not hear of
	restart                    // all connections die
	outage                     // so they do, and none can be opened until recovery
	recovery
	paceChange   // everything takes longer from now on, or no longer does
	alarm        // the ledger has something to do
	warmUpDone   // the warm-up is over
	durationDone // the scenario's duration has passed
)

// schedule notes what is known from the start.
func (e *engine) schedule() {
	for _, at := range e.sc.World.Restarts {
		e.queue.add(Instant(at), restart, 0, 0)
	}
	for _, s := range e.sc.World.Outages {
		e.queue.add(Instant(s.At), outage, 0, 0)
		e.queue.add(Instant(s.At+s.For), recovery, 0, 0)
	}
	for _, s := range e.sc.World.Slow {
		e.queue.add(Instant(s.At), paceChange, 0, 0)
		e.queue.add(Instant(s.At+s.For), paceChange, 0, 0)
	}
	if e.sc.WarmUp > 0 {
		e.queue.add(Instant(e.sc.WarmUp), warmUpDone, 0, 0)
	}
	e.passed = e.sc.Duration == 0 || e.sc.Requests > 0
	if !e.passed {
		e.pending++
		e.queue.add(Instant(e.sc.Duration), durationDone, 0, 0)
	}
	e.source.start(e)
}

func (e *engine) handle(o event) {
	switch o.kind {
	case arrival, thinkDone:
		e.source.came(e, o)
	case openDone, testDone, closeDone, holdDone:
		e.progress(o)
	case patienceDone:
		e.patienceEnded(o)
	case batchCloseDone:
		e.batchSlotClosed(o.target)
	case death:
		e.dies(o)
	case idleCheck:
		e.checkIdle(o)
	case restart:
		e.conns.allDie(e.now)
	case outage:
		e.outages++
		e.conns.allDie(e.now)
	case recovery:
		e.outages--
	case paceChange:
		e.setPace()
	case alarm:
		if o.gen == e.alarms {
			e.advance()
		}
	case warmUpDone:
		e.measure.startCounting(e)
	case durationDone:
		e.passed = true
		e.pending--
	}
}

// void reports whether nothing will come of an occasion.
func (e *engine) void(o *event) bool {
	switch o.kind {
	case thinkDone:
		return !e.arriving
	case patienceDone:
		r := e.requests.all[o.target]
		return r.gen != o.gen || !r.queued
	case death, idleCheck:
		c := e.conns.all[o.target]
		return c.gen != o.gen || !c.alive
	case alarm:
		return o.gen != e.alarms
	}
	return false
}

// setPace multiplies the factors of the slow spells under way. It starts from 1
// each time: to divide by a factor in the end could leave a last digit behind.
func (e *engine) setPace() {
	e.slow = 1
	for _, s := range e.sc.World.Slow {
		if Instant(s.At) <= e.now && e.now < Instant(s.At+s.For) {
			e.slow = float64(e.slow * s.Factor)
		}
	}
}
