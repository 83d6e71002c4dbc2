package sim

import (
	"time"

	"github.com/respool/respool/resource/ledger"
)

// request is one client's way from asking to giving back.
type request struct {
	index int32
	turn  uint32 // bumped when the place is used again: older occasions are void
	alive bool

	waiter  ledger.Waiter
	handle  ledger.Handle // the slot that it is busy with
	due     uint64
	arrived Instant
	since   Instant // when the present step began
	waited  time.Duration
	queued  bool // it has stood in line
	client  int32
	end     ending
	counted bool // it came after the warm-up
}

// ending is what a request does with its lease when the time is up.
type ending uint8

const (
	giveBack ending = iota
	discard
	collapse // panics half-way
	leak
	fail // finds the connection dead
)

// requests is the requests under way. Places are used again, so their number is
// that of the most at a time, not of all.
type requests struct {
	all  []*request
	free []int32
}

func (rs *requests) take() *request {
	if n := len(rs.free); n > 0 {
		r := rs.all[rs.free[n-1]]
		rs.free = rs.free[:n-1]
		*r = request{index: r.index, turn: r.turn, alive: true}
		r.waiter.Tag = r
		return r
	}
	r := &request{index: int32(len(rs.all)), alive: true}
	r.waiter.Tag = r
	rs.all = append(rs.all, r)
	return r
}

// done ends a request: with it, all its occasions to come.
func (e *engine) done(r *request) {
	r.alive = false
	r.turn++
	e.requests.free = append(e.requests.free, r.index)
	e.source.done(e, r.client)
}

// ask is a request's arrival at the pool.
func (e *engine) ask(client int32) {
	r := e.requests.take()
	r.client, r.arrived, r.since, r.counted = client, e.now, e.now, e.measure.counting
	var w *ledger.Waiter
	if e.sc.Pool.Wait && e.ledger.Busy() {
		w = &r.waiter
	}
	a := e.ledger.Acquire(e.now, w)
	e.seen(Event{Name: "acquire", Request: r, Answer: a, Waits: e.sc.Pool.Wait})
	e.proceed(r, a)
	e.after(a)
}

// later notes when a request goes on.
func (e *engine) later(d time.Duration, w what, r *request) {
	e.pending++
	e.agenda.add(e.now.Add(d), w, r.index, r.turn)
}

// proceed follows the ledger's answer to a request.
func (e *engine) proceed(r *request, a ledger.Answer) {
	if r.queued && a.Do != ledger.Wait {
		r.waited += e.now.Sub(r.since)
	}
	r.since = e.now
	switch a.Do {
	case ledger.Wait:
		r.queued = true
		if p := &e.sc.Workload.Patience; !p.isZero() {
			e.later(p.sample(e.random.patience), patience, r)
		}
		return
	case ledger.Open:
		e.openFor(r, a.Handle)
	case ledger.Test:
		r.handle, r.due = a.Handle, a.Due
		e.later(e.lasts(&e.sc.World.TestLatency, e.random.test), tested, r)
	case ledger.Close:
		r.handle = a.Handle
		e.conns.closing(a.Handle)
		e.later(e.sc.World.CloseLatency.sample(e.random.close), closed, r)
	case ledger.Granted:
		e.granted(r, a.Handle)
	case ledger.Refused:
		e.measure.refused(r, a.Why)
		e.done(r)
	}
	r.queued = false
}

// lasts draws how long something takes, at the world's present pace.
func (e *engine) lasts(d *Dist, s *stream) time.Duration {
	t := d.sample(s)
	if e.slow != 1 {
		t = rounded(float64(t) * e.slow)
	}
	return t
}

func (e *engine) granted(r *request, h ledger.Handle) {
	r.handle = h
	hold := e.lasts(&e.sc.Workload.Hold, e.random.hold)
	r.end = e.behave()
	c := connOf(h)
	if !c.alive {
		r.end, hold = fail, 0
	}
	e.measure.granted(e, r, hold)
	switch r.end {
	case leak:
		e.measure.leaked++
		e.source.done(e, r.client)
		r.alive = false // its place is never used again: the lease is out for ever
		return
	case collapse:
		hold /= 2
	}
	e.later(hold, held, r)
}

// behave draws how a lease will end.
func (e *engine) behave() ending {
	c := &e.sc.Clients
	if c.Discard == 0 && c.Panic == 0 && c.Leak == 0 {
		return giveBack
	}
	switch x := e.random.behaviour.open01(); {
	case x < c.Discard:
		return discard
	case x < c.Discard+c.Panic:
		return collapse
	case x < c.Discard+c.Panic+c.Leak:
		return leak
	}
	return giveBack
}

// progress ends a step of a request.
func (e *engine) progress(o occasion) {
	e.pending--
	if o.what == opened {
		e.openEnded(o)
		return
	}
	r := e.requests.all[o.who]
	if r.turn != o.turn || !r.alive {
		return
	}
	switch o.what {
	case patience:
		e.giveUp(r)
	case tested:
		e.testEnded(r)
	case closed:
		e.conns.gone(r.handle)
		a := e.ledger.Closed(e.now, r.handle)
		e.seen(Event{Name: "closed", Request: r, Handle: r.handle, Answer: a})
		e.proceed(r, a)
		e.after(a)
	case held:
		e.letGo(r)
	}
}

// giveUp takes a request out of the line. One that has left it is past waiting.
func (e *engine) giveUp(r *request) {
	if !r.queued {
		return
	}
	a := e.ledger.Cancel(e.now, &r.waiter)
	e.seen(Event{Name: "cancel", Request: r, Answer: a})
	r.waited += e.now.Sub(r.since)
	e.measure.gaveUp(r)
	e.done(r)
	e.after(a)
}

func (e *engine) testEnded(r *request) {
	verdict := ledger.Passed
	if c := connOf(r.handle); !c.alive || e.random.test.chance(e.sc.World.TestFailure) {
		verdict = ledger.Failed
	}
	a := e.ledger.Tested(e.now, r.handle, verdict)
	e.seen(Event{Name: "tested", Request: r, Handle: r.handle, Verdict: verdict, Answer: a})
	e.proceed(r, a)
	e.after(a)
}

// letGo ends a lease.
func (e *engine) letGo(r *request) {
	h, c := r.handle, connOf(r.handle)
	end := r.end
	if end == giveBack && !c.alive {
		end = fail // it died in use
	}
	var a ledger.Answer
	name := "discard"
	if end == giveBack {
		name = "release"
		e.heard(c)
		a = e.ledger.Release(e.now, h)
	} else {
		a = e.ledger.Discard(e.now, h)
	}
	e.seen(Event{Name: name, Request: r, Handle: h, Answer: a})
	e.measure.ended(e, r, end)
	e.finish(a)
	e.done(r)
}

// finish does what a lease's end leaves to do: what is to be closed is closed one
// after another, as the holder's goroutine would.
func (e *engine) finish(a ledger.Answer) {
	w := e.ledger.Take()
	var own *ledger.Handle
	if a.Do == ledger.Close {
		own = &a.Handle
	}
	if h, ok := w.Close(); ok {
		e.closeRow(h, &w, own)
	} else if own != nil {
		e.closeRow(*own, &w, nil)
	}
	e.perform(&w)
	e.after(a)
}
