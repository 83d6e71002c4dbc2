package sim

import (
	"time"

	"github.com/respool/respool/resource/ledger"
)

// A call is one piece of work of a client: a request, with its retries and with all
// leases that it takes. This file decides how a call goes on when one of its requests is
// done.

// calls has the clients' retries, and counts calls.
type calls struct {
	on     bool // the scenario has retries, timeouts or several leases
	budget *budget

	begun  uint64 // in the warm-up, too
	counts CallCounts
	total  Histogram // of those that were good
}

// budget is the bucket with the tokens for retries. The instances of a fleet have one each,
// and all keys of a program together have one.
type budget struct {
	tokens, burst  float64
	begun, retried uint64 // calls and retries so far, in the warm-up, too
}

// CallCounts counts calls by what became of them, and their requests.
type CallCounts struct {
	Calls      uint64 `json:"calls"`
	Good       uint64 `json:"good"`   // all of their leases ended well
	Failed     uint64 `json:"failed"` // the others, after their retries
	Stuck      uint64 `json:"stuck"`  // not ended when the run did
	Retries    uint64 `json:"retries"`
	OverBudget uint64 `json:"over_budget"` // retries that were not made: no token was left
}

// Calls counts the clients' calls by their outcome. Times are in seconds.
type Calls struct {
	CallCounts
	// Total is how long good calls took, with their pauses.
	Total Times `json:"total"`
	// GoodPerSec is the good calls a second: the goodput.
	GoodPerSec float64 `json:"good_per_second"`
}

const defaultBurst = 10

// HasCalls reports whether a call is more than a request that is made once: there is a
// timeout, there are retries, or requests take several leases. The report then has Calls.
func (s *Scenario) HasCalls() bool {
	return s.Workload.Timeout > 0 || s.Workload.Leases > 1 || s.Clients.Retry.Retries > 0
}

func newCalls(sc *Scenario) calls {
	burst := sc.Clients.Retry.Tokens()
	return calls{on: sc.HasCalls(), budget: &budget{tokens: burst, burst: burst}}
}

// call is a request's place in its call.
type call struct {
	began   Instant
	counted bool // it began after the warm-up
	tries   int
	left    int  // leases to take, with the present one
	failed  bool // the present request
	// outer is the request that holds a lease while this one takes the next. Its lease
	// ends when this one is done.
	outer  *request
	nested bool // the next request was made
	depth  int  // outer requests
	blocks bool // it waits, and outer requests hold leases
}

// begin begins a call with its first request.
func (e *engine) begin(r *request) {
	r.call = call{began: e.now, counted: e.measure.counting, left: max(e.sc.Workload.Leases, 1)}
	e.calls.begun++
	b := e.calls.budget
	b.begun++
	b.tokens = min(b.burst, b.tokens+e.sc.Clients.Retry.Budget)
	if e.calls.on && r.call.counted {
		e.measure.timeline.last().attempts++
	}
}

// goesOn reports whether a call goes on, although its request is done: it is tried again,
// takes its next lease, or was the inner one of two.
func (e *engine) goesOn(r *request) bool {
	c := &r.call
	switch {
	case c.outer != nil:
		outer := c.outer
		outer.call.failed = outer.call.failed || c.failed
		e.forget(r)
		e.scheduleStep(0, holdDone, outer)
		return true
	case c.failed && e.retries(r):
		return true
	case r.well() && c.left > 1 && !c.nested:
		c.left--
		r.gen++
		e.scheduleStep(0, tryAgain, r)
		return true
	}
	e.callEnded(r)
	return false
}

// well reports whether a request has succeeded, so that its call may go on.
func (r *request) well() bool { return !r.call.failed && (r.end == giveBack || r.end == discard) }

// retries schedules the next try of a call, if there is one.
func (e *engine) retries(r *request) bool {
	t := &e.sc.Clients.Retry
	if r.call.tries >= t.Retries {
		return false
	}
	b := e.calls.budget
	if t.Budget > 0 {
		if b.tokens < 1 {
			if r.call.counted {
				e.calls.counts.OverBudget++
			}
			return false
		}
		b.tokens--
	}
	jitter := 0.0
	if t.Jitter > 0 {
		jitter = e.random.retry.open01()
	}
	pause := t.Pause(r.call.tries, jitter)
	r.call.tries++
	b.retried++
	r.call.left, r.call.nested = max(e.sc.Workload.Leases, 1), false
	r.expires = 0
	r.gen++ // events of the request that failed are void
	e.scheduleStep(pause, tryAgain, r)
	return true
}

// Pause returns the pause before a retry, given the number of earlier retries. The number
// between 0 and 1 is drawn: it says how much of the jitter comes off.
func (r *Retry) Pause(before int, drawn float64) time.Duration {
	pause := time.Duration(r.Backoff)
	for range before {
		pause = min(2*pause, longest)
		if most := time.Duration(r.MaxBackoff); most > 0 {
			pause = min(pause, most)
		}
	}
	if r.Jitter == 0 {
		return pause
	}
	return rounded(float64(float64(pause) * (1 - float64(r.Jitter*drawn))))
}

// Tokens returns how many tokens the bucket of the budget holds.
func (r *Retry) Tokens() float64 {
	if r.Burst == 0 {
		return defaultBurst
	}
	return float64(r.Burst)
}

// again makes the next request of a call. The random values of the call stay.
func (e *engine) again(r *request) {
	*r = request{
		index: r.index, gen: r.gen, alive: true, client: r.client, home: r.home, call: r.call, expires: r.expires,
		hold: r.hold, service: r.service, patience: r.patience, ends: r.ends, background: r.background,
		waiter: ledger.Waiter{Urgent: r.waiter.Urgent},
	}
	r.waiter.Tag = r
	retry := r.call.failed
	r.call.failed = false
	if r.call.counted && retry {
		e.calls.counts.Retries++
		e.measure.timeline.last().attempts++
	}
	e.acquire(r)
}

// nests has a request that keeps its lease take the next one, and reports whether there
// is a next one.
func (e *engine) nests(outer *request) bool {
	c := &outer.call
	if !e.sc.Workload.Nested || c.left <= 1 || c.nested || !outer.well() {
		return false
	}
	c.nested = true
	r := e.requests.take()
	r.client, r.home, r.expires = outer.client, outer.home, outer.expires
	r.hold, r.service, r.patience, r.ends = outer.hold, outer.service, outer.patience, giveBack
	r.background, r.waiter.Urgent = outer.background, outer.waiter.Urgent
	r.call = call{counted: c.counted, left: c.left - 1, outer: outer, depth: c.depth + 1}
	e.acquire(r)
	return true
}

// callEnded counts a call that has ended.
func (e *engine) callEnded(r *request) {
	c := &r.call
	if !c.counted {
		return
	}
	n := &e.calls.counts
	n.Calls++
	if !r.well() {
		n.Failed++
		return
	}
	n.Good++
	e.calls.total.Add(e.now.Sub(c.began))
	e.measure.timeline.last().good++
}

// timeoutEnded fails a request that waits, for its connection, its place or the server. The
// event is void if the request has its connection and runs its own part: that part ends at
// the timeout.
func (e *engine) timeoutEnded(o event) {
	r := e.requests.all[o.target]
	switch {
	case e.void(&o):
	case r.queued || r.opening:
		e.leaves(r)
	case r.closes > 0:
		e.leavesClose(r)
	case r.visiting:
		r.end = late
		e.visited(r)
	}
}

// inTime cuts a part of a lease at the request's timeout, and reports whether it did.
func (e *engine) inTime(r *request, d time.Duration) (time.Duration, bool) {
	if r.expires == 0 || e.now.Add(d) < r.expires {
		return d, false
	}
	return max(0, r.expires.Sub(e.now)), true
}

// report returns the results of the calls, or nil if each call is one request.
func (c *calls) report(duration float64) *Calls {
	if !c.on {
		return nil
	}
	r := &Calls{CallCounts: c.counts, Total: times(&c.total)}
	if duration > 0 {
		r.GoodPerSec = float64(c.counts.Good) / duration
	}
	return r
}
