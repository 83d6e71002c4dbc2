package sim

import (
	"fmt"

	"github.com/respool/respool/resource/ledger"
)

// audit checks the simulation's own books between two events: the server's, and those of
// timeouts, retries and deadlocks. The oracles check the ledger.
func (e *engine) audit() error {
	if !e.calls.on && !e.hasServer() {
		return nil
	}
	for _, check := range []func() error{e.auditServer, e.auditVisits, e.auditTimeouts, e.auditRetries, e.auditDeadlocks} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// auditServer checks that no worker is idle while a visit waits, and that visits are
// served in the order in which they came.
func (e *engine) auditServer() error {
	s := e.server
	if most := e.sc.World.Server.Workers; most > 0 && (s.busy() > most || s.queued() > 0 && s.busy() < most) {
		return fmt.Errorf("%d of %d workers are busy, and %d visits wait", s.busy(), most, s.queued())
	}
	last := Instant(0)
	for i := s.head; i < len(s.queue); i++ {
		if s.queue[i].came < last {
			return fmt.Errorf("a visit of %v stands behind one of %v", s.queue[i].came, last)
		}
		last = s.queue[i].came
	}
	for i := range s.workers {
		if v := &s.workers[i]; v.request != nil && s.queued() > 0 && v.came > s.queue[s.head].came {
			return fmt.Errorf("a visit of %v is served before one of %v", v.came, s.queue[s.head].came)
		}
	}
	return nil
}

// auditVisits checks that a request that is at the server has one visit there.
func (e *engine) auditVisits() error {
	wanted := map[*request]int{}
	note := func(v *visit) {
		if v.request != nil && v.wanted() {
			wanted[v.request]++
		}
	}
	for i := range e.server.workers {
		note(&e.server.workers[i])
	}
	for i := e.server.head; i < len(e.server.queue); i++ {
		note(&e.server.queue[i])
	}
	for _, r := range e.requests.all {
		if r.alive && r.visiting && wanted[r] != 1 {
			return fmt.Errorf("request %d is at the server, and has %d visits there", r.number(), wanted[r])
		}
	}
	return nil
}

// auditTimeouts checks that no request waits, and none is at the server, when its timeout
// is over.
func (e *engine) auditTimeouts() error {
	if e.sc.Workload.Timeout == 0 {
		return nil
	}
	for _, r := range e.requests.all {
		if r.alive && (r.queued || r.visiting || r.closes > 0) && r.expires > 0 && r.expires < e.now {
			return fmt.Errorf("the timeout of request %d was over at %v, and it still waits", r.number(), r.expires)
		}
	}
	return nil
}

// rounding is more than the error of a sum of parts of tokens.
const rounding = 1e-6

// auditRetries checks that there are no more retries than a call may have, or the budget
// pays for.
func (e *engine) auditRetries() error {
	t := &e.sc.Clients.Retry
	for _, r := range e.requests.all {
		if r.alive && t.Retries > 0 && r.call.tries > t.Retries {
			return fmt.Errorf("request %d is tried again %d times, and %d are the most", r.number(), r.call.tries, t.Retries)
		}
	}
	if b := e.calls.budget; t.Budget > 0 {
		if most := t.Tokens() + float64(t.Budget*float64(b.begun)) + rounding; float64(b.retried) > most {
			return fmt.Errorf("%d retries, and the budget pays for %v", b.retried, most)
		}
	}
	return nil
}

// auditDeadlocks looks for a deadlock itself: all places are leased by requests that wait
// for another lease, or have leaked.
func (e *engine) auditDeadlocks() error {
	held, leaked := 0, 0
	for _, r := range e.requests.all {
		if s := r.handle.Slot; !r.alive && s != nil && r.end == leak && s.Handle() == r.handle && e.ledger.State(s) == ledger.Leased {
			leaked++
		}
		if !r.alive || !r.queued {
			continue
		}
		for outer := r.call.outer; outer != nil; outer = outer.call.outer {
			held++
		}
	}
	most := e.sc.Pool.MaxActive
	if is := most > 0 && held > 0 && held+leaked >= most; is != e.deadlocks.under {
		return fmt.Errorf("%d places are held by requests that wait and %d have leaked, of %d; that there is a deadlock: %t",
			held, leaked, most, e.deadlocks.under)
	}
	return nil
}
