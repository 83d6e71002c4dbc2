package sim

// kind is the kind of an event.
type kind uint8

const (
	arrival        kind = iota // a request arrives
	thinkDone                  // a client of a closed loop has thought, and acquires again
	patienceDone               // a request's patience is over
	openDone                   // an opening ends
	openTimedOut               // an opening that its request has left has taken too long
	testDone                   // a test ends
	idleTestDone               // a test in the background ends
	closeDone                  // the close by a request that acquires ends
	batchCloseDone             // a close in a batch ends
	holdDone                   // a lease ends, or its holder's part before a visit to the server
	visitDone                  // a worker of the server has served a visit
	expired                    // a request's timeout is over
	tryAgain                   // a request is tried again, or takes its next lease
	heldUp                     // a request that may open nothing goes on
	death                      // a connection dies by itself
	idleCheck                  // the server looks whether a connection is idle for too long
	restart                    // all connections die
	outage                     // all connections die, and none can be opened until recovery
	recovery
	paceChange   // a slowdown begins or ends
	alarm        // the pool's timer fires
	warmUpDone   // counting begins
	durationDone // the scenario's duration is over
)

// schedule schedules the events that are known from the start.
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
	if e.silent {
		e.arriving = false
		return
	}
	e.source.start(e)
}

func (e *engine) handle(o event) {
	switch o.kind {
	case arrival, thinkDone:
		e.source.came(e, o)
	case openTimedOut:
		e.openTimeout(o)
	case openDone, testDone, closeDone, holdDone, heldUp, tryAgain:
		e.progress(o)
	case visitDone:
		e.visitEnded(o)
	case expired:
		e.timeoutEnded(o)
	case patienceDone:
		e.patienceEnded(o)
	case idleTestDone:
		e.idleTestEnded(e.conns.all[o.target])
	case batchCloseDone:
		e.batchSlotClosed(o.target)
	case death:
		e.dies(o)
	case idleCheck:
		e.checkIdle(o)
	case restart:
		e.serverDies()
	case outage:
		e.outages++
		e.serverDies()
	case recovery:
		e.outages--
	case paceChange:
		e.slow = e.sc.World.pace(e.now)
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

// void reports whether an event would have no effect.
func (e *engine) void(o *event) bool {
	switch o.kind {
	case thinkDone:
		return !e.arriving
	case patienceDone:
		r := e.requests.all[o.target]
		return r.gen != o.gen || !r.queued && !r.opening
	case expired, closeDone:
		return e.requests.all[o.target].gen != o.gen
	case openDone, openTimedOut:
		return !e.opens(o)
	case visitDone:
		return o.gen != e.server.gen
	case death, idleCheck:
		c := e.conns.all[o.target]
		return c.gen != o.gen || !c.alive
	case alarm:
		return o.gen != e.alarms
	}
	return false
}
