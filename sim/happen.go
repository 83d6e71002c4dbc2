package sim

// what is the kind of an occasion.
type what uint8

const (
	arrival  what = iota // a request arrives
	thought              // a closed client has thought, and asks again
	patience             // a request gives up waiting
	opened               // an opening is over
	tested               // a test is over
	closed               // the close of an acquirer's own slot is over
	cleared              // a close in a row of closes is over
	held                 // a lease ends
	death                // a connection dies by itself
	silence              // the server may close a connection that it does not hear of
	restart              // all connections die
	outage               // so they do, and none can be opened until recovery
	recovery
	pace  // everything takes longer from now on, or no longer does
	alarm // the ledger has something to do
	count // the warm-up is over
	ended // the scenario's duration has passed
)

// schedule notes what is known from the start.
func (e *engine) schedule() {
	for _, at := range e.sc.World.Restarts {
		e.agenda.add(Instant(at), restart, 0, 0)
	}
	for _, s := range e.sc.World.Outages {
		e.agenda.add(Instant(s.At), outage, 0, 0)
		e.agenda.add(Instant(s.At+s.For), recovery, 0, 0)
	}
	for _, s := range e.sc.World.Slow {
		e.agenda.add(Instant(s.At), pace, 0, 0)
		e.agenda.add(Instant(s.At+s.For), pace, 0, 0)
	}
	if e.sc.WarmUp > 0 {
		e.agenda.add(Instant(e.sc.WarmUp), count, 0, 0)
	}
	e.passed = e.sc.Duration == 0 || e.sc.Requests > 0
	if !e.passed {
		e.pending++
		e.agenda.add(Instant(e.sc.Duration), ended, 0, 0)
	}
	e.source.start(e)
}

func (e *engine) happen(o occasion) {
	switch o.what {
	case arrival, thought:
		e.source.came(e, o)
	case opened, tested, closed, held:
		e.progress(o)
	case patience:
		e.patienceEnded(o)
	case cleared:
		e.rowClosed(o.who)
	case death:
		e.dies(o)
	case silence:
		e.silent(o)
	case restart:
		e.conns.allDie(e.now)
	case outage:
		e.downs++
		e.conns.allDie(e.now)
	case recovery:
		e.downs--
	case pace:
		e.setPace()
	case alarm:
		if o.turn == e.alarms {
			e.advance()
		}
	case count:
		e.measure.startCounting(e)
	case ended:
		e.passed = true
		e.pending--
	}
}

// void reports whether nothing will come of an occasion.
func (e *engine) void(o *occasion) bool {
	switch o.what {
	case thought:
		return !e.arriving
	case patience:
		r := e.requests.all[o.who]
		return r.turn != o.turn || !r.queued
	case death, silence:
		c := e.conns.all[o.who]
		return c.turn != o.turn || !c.alive
	case alarm:
		return o.turn != e.alarms
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
