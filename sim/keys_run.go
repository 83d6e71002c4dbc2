package sim

import (
	"fmt"

	"github.com/respool/respool/resource/ledger"
)

// keyed runs one engine for each key. Their ledgers share a Total. The engine of the first
// key has the source of all requests.
type keyed struct {
	*fleet // the engines, the levels of all together, and their order in time
	total  *ledger.Total
	shares zipf
	random *stream
	keys   []*keyState
	court  keysCourt
	each   func() error // an observer's: is called after every event; may be nil
}

// keyState has the figures of a key that its engine does not keep.
type keyState struct {
	displaced, reopens uint64
	lost               uint64 // connections that other keys have taken, and that were not opened again
}

func newKeyed(sc *Scenario) *keyed {
	maxActive, maxIdle := sc.Keys.limits()
	k := &keyed{
		fleet: &fleet{sc: sc, noun: "key", live: sc.Keys.Count}, total: ledger.NewTotal(maxActive, maxIdle),
		shares: newZipf(sc.Keys.Count, sc.Keys.Skew), random: newStream(sc.Seed, keying),
	}
	k.court = keysCourt{k: k, most: maxActive, queues: make([]keyQueue, sc.Keys.Count)}
	k.measured.begin(sc)
	shared, budget := new(server), newCalls(sc).budget
	for i := range sc.Keys.Count {
		one := sc.Key(i)
		e := newEngine(one)
		e.server, e.fleet, e.keyed, e.address, e.silent = shared, k.fleet, k, i, i > 0
		e.calls.budget = budget
		c := one.config(e.conns.newSlot)
		c.Total, c.Owner = k.total, e
		if maxIdle == 0 {
			c.MaxIdle = 0
		}
		e.ledger = ledger.New(c)
		e.conns.of = e
		k.all = append(k.all, &instance{engine: e, live: true})
		k.keys = append(k.keys, new(keyState))
	}
	k.acting = k.all[0]
	return k
}

// Key returns the scenario of the pool of one key alone, numbered from 0. The arrivals of a run
// with keys are drawn as those of the first.
func (s *Scenario) Key(i int) *Scenario {
	one := *s
	one.Seed, one.Keys = instanceSeed(s.Seed, i), Keys{}
	return &one
}

// run runs until no key has anything to do.
func (k *keyed) run() error {
	for _, x := range k.all {
		k.acting = x
		x.schedule()
		x.ledger.Join(0)
		x.after()
	}
	for err := k.endEvent(); ; err = k.endEvent() {
		if err != nil {
			return err
		}
		x := k.next()
		if x == nil || k.over() || k.err != nil {
			break
		}
		if err := k.step(x); err != nil {
			return err
		}
	}
	if k.err != nil {
		return k.err
	}
	for _, x := range k.all {
		if err := x.ended(); err != nil {
			return err
		}
	}
	return nil
}

// next returns the engine with the first event.
func (k *keyed) next() (first *instance) {
	var at Instant // of its event
	for _, x := range k.all {
		if o := x.queue.first(); o != nil && (first == nil || o.at < at) {
			first, at = x, o.at
		}
	}
	return first
}

// step handles the next event of a key.
func (k *keyed) step(x *instance) error {
	o, _ := x.queue.next()
	k.pass(o.at)
	k.acting = x
	counted := x.measure.counting
	if err := x.step(o); err != nil {
		return err
	}
	if x.err != nil {
		return x.err
	}
	if !counted && x.measure.counting {
		k.measured.startCounting(k.now)
	}
	return nil
}

// endEvent has the keys that an event has touched do their work, and judges the outcome.
func (k *keyed) endEvent() error {
	for l := k.total.NextTouched(); l != nil; l = k.total.NextTouched() {
		e := l.Owner().(*engine)
		e.arriveAt(k.now)
		e.after()
	}
	k.account()
	if err := k.court.judge(); err != nil {
		return fmt.Errorf("at %v: %w", k.now, err)
	}
	if k.each != nil && k.err == nil {
		k.err = k.each()
	}
	return nil
}

// account brings the levels of all keys up to date. An event can change several keys, and a
// connection that is to take the place of one which is being closed does not count yet.
func (k *keyed) account() {
	l := k.total.Levels()
	k.measured.account(ledger.Levels{Active: l.Active, Idle: l.Idle, Leased: l.Leased, Waiting: l.Waiting}, k.all[0].server.conns)
}

// over is that of an engine, for all keys together: a request of one key may wait for what
// another key does.
func (k *keyed) over() bool {
	source := k.all[0]
	if source.source.coming(source.engine) {
		return false
	}
	underway, waiting, tests, pending, held := 0, 0, 0, int64(0), false
	for _, x := range k.all {
		underway += x.requests.underway
		waiting += x.ledger.Levels().Waiting
		tests += x.idleTests
		pending += x.pending
		held = held || x.ledger.OpensHeld()
	}
	if k.sc.Pool.MinIdle > 0 && underway == 0 && source.passed {
		return true
	}
	stuck := !source.waitsEnd && tests == 0 && !held
	return pending == 0 && (stuck || waiting == 0)
}

// route returns the engine of the key that a request is for.
func (k *keyed) route() *engine {
	e := k.all[k.shares.pick(k.random.open01())].engine
	e.arriveAt(k.now)
	return e
}

// ownerOf returns the engine whose connection a slot is. A request may close one of another
// key.
func (e *engine) ownerOf(h ledger.Handle) *engine {
	of := connOf(h).of
	if of == nil || of == e {
		return e
	}
	of.arriveAt(e.now)
	return of
}

// takesPlace notes that an opening begins, which makes a connection count.
func (e *engine) takesPlace() {
	if e.keyed == nil {
		return
	}
	e.keyed.court.places++
	if s := e.keyed.keys[e.address]; s.lost > 0 {
		s.lost--
		if e.measure.counting {
			s.reopens++
		}
	}
}

// leavesPlace notes that a connection of e does not count any more. by has closed it.
func (e *engine) leavesPlace(by *engine, why ledger.Reason) {
	if e.keyed == nil {
		return
	}
	e.keyed.court.places--
	if by != e && why == ledger.Displaced {
		s := e.keyed.keys[e.address]
		s.lost++
		if e.measure.counting {
			s.displaced++
		}
	}
}

// report returns the report of all keys together.
func (k *keyed) report() *Report {
	r := k.fleet.report()
	out := &KeysReport{PeakActive: k.total.Levels().PeakActive}
	for i, x := range r.Fleet.Each {
		s := k.keys[i]
		one := KeyReport{
			Key: i, Share: k.shares.share(i), Requests: x.Requests, Granted: x.Granted, RefusedFraction: x.RefusedFraction,
			WaitMean: x.WaitMean, WaitP99: x.WaitP99, WaitMax: x.WaitMax, PeakActive: x.PeakActive, Opens: x.Opens,
			Displaced: s.displaced, Reopens: s.reopens, Calls: x.Calls,
		}
		if r.Wait.Mean > 0 {
			one.LongestToMean = one.WaitMax / r.Wait.Mean
		}
		if x.Requests > 0 {
			out.Keys++
		}
		if one.WaitMax > out.LongestWait {
			out.LongestWait, out.LongestToMean, out.WorstKey = one.WaitMax, one.LongestToMean, i
		}
		out.Displaced += s.displaced
		out.Reopens += s.reopens
		out.Each = append(out.Each, one)
	}
	r.Fleet, r.Keys = nil, out
	l := k.total.Levels() // within an event there may be more than after it
	r.Peak.Active, r.Peak.Leased, r.Peak.Idle, r.Peak.Waiting = l.PeakActive, l.PeakLeased, l.PeakIdle, l.PeakWaiting
	r.OfferedLoad = k.sc.Offered()
	r.Utilization = 0
	if most := k.sc.capacity(); most > 0 {
		r.Utilization = min(r.Mean.Leased/float64(most), 1)
	}
	return r
}

// auditBudget checks that one budget pays for the retries of all keys.
func (k *keyed) auditBudget() error {
	t := &k.sc.Clients.Retry
	if t.Budget == 0 {
		return nil
	}
	var begun, retried uint64
	counted := map[*budget]bool{}
	for _, x := range k.all {
		b := x.engine.calls.budget
		begun += x.engine.calls.begun
		if !counted[b] {
			counted[b] = true
			retried += b.retried
		}
	}
	if most := t.Tokens() + float64(t.Budget*float64(begun)) + rounding; float64(retried) > most {
		return fmt.Errorf("%d retries for all keys, and the budget pays for %v", retried, most)
	}
	return nil
}

// audit has the Total and the ledgers check themselves.
func (k *keyed) audit() error {
	var all []*ledger.Ledger
	for _, x := range k.all {
		all = append(all, x.ledger)
	}
	return k.total.Check(all)
}
