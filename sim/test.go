package sim

import (
	"time"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/sim/internal/observe"
)

// testDelay returns how long a test of a connection takes.
func (e *engine) testDelay(c *conn) time.Duration {
	takes := e.served(e.sc.World.TestLatency.sample(e.random.test))
	if !c.alive {
		takes = max(takes, e.noticeDelay())
	}
	return takes
}

// testEnded ends the test of a request.
func (e *engine) testEnded(r *request) {
	e.proceed(r, e.tested(r, r.handle))
	e.after()
}

// tested reports a test that has ended, of a request or of none.
func (e *engine) tested(r *request, h ledger.Handle) ledger.Answer {
	c := connOf(h)
	verdict := ledger.Passed
	if failed := e.random.testFails.chance(e.sc.World.TestFailure); failed || !c.alive || r != nil && r.testCut {
		verdict = ledger.Failed
	}
	e.noteHeard(c)
	a := e.ledger.Tested(e.now, h, verdict)
	e.seen("tested", r, observe.Event{Handle: h, Verdict: verdict, Answer: a})
	return a
}

// testIdle begins a test in the background. It is not pending: the pool tests idle
// connections for as long as it is open, which is no reason for a run to go on.
func (e *engine) testIdle(h ledger.Handle) {
	e.idleTests++
	e.queue.add(e.now.Add(e.testDelay(connOf(h))), idleTestDone, connOf(h).index, 0)
}

// idleTestEnded ends a test in the background. If the connection has to go, or another
// in its place, a goroutine of its own closes it.
func (e *engine) idleTestEnded(c *conn) {
	e.idleTests--
	a := e.tested(nil, c.slot.Handle())
	e.after()
	if a.Do == ledger.Close {
		e.startBatch(&ledger.Work{}, a.Handle, nil)
	}
}
