package sim

import (
	"github.com/respool/respool/resource/ledger"
)

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
	slower // everything takes longer, until faster
	faster
	alarm // the ledger has something to do
	count // the warm-up is over
)

// engine is one run: the ledger, the world around it, and what has been
// counted. The order of all that happens follows from the scenario alone.
type engine struct {
	sc     *Scenario
	ledger *ledger.Ledger
	agenda agenda
	now    Instant
	armed  Instant // when the alarm goes

	source   source
	requests requests
	conns    conns
	rows     rows
	random   struct{ hold, patience, think, open, close, test, death, behaviour *stream }
	slow     float64
	downs    int // outages under way

	arriving bool
	pending  int64 // occasions that a request or a row of closes waits for
	measure  measure
	events   uint64
	watch    func(Event) error // sees every event, when checking or tracing
	err      error
}

func newEngine(sc *Scenario) *engine {
	e := &engine{sc: sc, armed: ledger.Never, slow: 1, arriving: true}
	e.ledger = ledger.New(sc.Pool.config(sc.Seed, e.conns.newSlot))
	e.source = newSource(sc)
	r := &e.random
	for _, s := range []struct {
		to      **stream
		purpose uint64
	}{{&r.hold, holds}, {&r.patience, patiences}, {&r.think, thinks}, {&r.open, opens}, {&r.close, closings},
		{&r.test, tests}, {&r.death, deaths}, {&r.behaviour, behaviour}} {
		*s.to = newStream(sc.Seed, s.purpose)
	}
	e.measure.begin(sc)
	return e
}

// run goes on until all that arrived has been served, or can never be.
func (e *engine) run() error {
	e.schedule()
	e.after(ledger.Answer{})
	for e.err == nil {
		if !e.arriving && e.pending == 0 {
			break
		}
		o, ok := e.agenda.next()
		if !ok {
			break
		}
		e.measure.pass(e, o.at)
		e.now = o.at
		e.happen(o)
	}
	return e.err
}

// schedule notes what is known from the start.
func (e *engine) schedule() {
	for _, at := range e.sc.World.Restarts {
		e.agenda.add(Instant(at), restart, 0, 0)
	}
	for _, s := range e.sc.World.Outages {
		e.agenda.add(Instant(s.At), outage, 0, 0)
		e.agenda.add(Instant(s.At+s.For), recovery, 0, 0)
	}
	for i, s := range e.sc.World.Slow {
		e.agenda.add(Instant(s.At), slower, int32(i), 0)
		e.agenda.add(Instant(s.At+s.For), faster, int32(i), 0)
	}
	if e.sc.WarmUp > 0 {
		e.agenda.add(Instant(e.sc.WarmUp), count, 0, 0)
	}
	e.source.start(e)
}

func (e *engine) happen(o occasion) {
	switch o.what {
	case arrival, thought:
		e.source.came(e, o)
	case patience, opened, tested, closed, held:
		e.progress(o)
	case cleared:
		e.rowClosed(o.who)
	case death:
		e.dies(o)
	case silence:
		e.silent(o)
	case restart:
		e.conns.allDie()
	case outage:
		e.downs++
		e.conns.allDie()
	case recovery:
		e.downs--
	case slower:
		e.slow *= e.sc.World.Slow[o.who].Factor
	case faster:
		e.slow /= e.sc.World.Slow[o.who].Factor
	case alarm:
		e.advance()
	case count:
		e.measure.startCounting(e)
	}
}

// after ends an event of the ledger: it does the work that the event caused,
// and sets the alarm.
func (e *engine) after(ledger.Answer) {
	if e.ledger.Pending() {
		w := e.ledger.Take()
		e.perform(&w)
	}
	if next := e.ledger.Next(); next < e.armed {
		e.armed = next
		e.agenda.add(max(next, e.now), alarm, 0, 0)
	}
}

func (e *engine) perform(w *ledger.Work) {
	for next := w.Wake(); next != nil; next = w.Wake() {
		r := next.Tag.(*request)
		e.proceed(r, next.Answer())
	}
	if h, ok := w.Open(); ok {
		e.openFor(nil, h)
	}
	if h, ok := w.Close(); ok {
		e.closeRow(h, w, nil)
	}
}

// advance is what the pool's timer does.
func (e *engine) advance() {
	e.armed = -1 // it goes on until nothing is due: no alarm is needed meanwhile
	for {
		e.ledger.Advance(e.now)
		e.seen(Event{Name: "advance"})
		if e.ledger.Next() > e.now {
			break
		}
		w := e.ledger.Take()
		e.perform(&w)
	}
	e.armed = ledger.Never
	e.after(ledger.Answer{})
}
