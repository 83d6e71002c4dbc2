package resource

import (
	"context"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// If every borrow is tested, by tests without a gate, an acquirer that takes a resource
// from the lane tests it there. A test that passes needs no lock, unless the lane was
// emptied meanwhile. Then there may be a reason not to lend the resource. Any other
// outcome is reported to the ledger, which goes on as if it had asked for the test.

// alwaysTested reports whether there are tests, and all of them are due at every
// borrow.
func alwaysTested[T any](checks []policy.Check[T]) bool {
	for i := range checks {
		if !checks[i].Always() {
			return false
		}
	}
	return len(checks) > 0
}

const allDue = ^uint64(0)

// takeForTest takes an entry that was in the lane a moment ago, if it is idle there,
// to test it.
func (e *entry[T]) takeForTest(now policy.Instant) (testing word, ok bool) {
	w := e.word.Load()
	testing = w.with(laneTesting)
	return testing, w.state() == laneIdle && int64(now) < e.until.Load() && e.word.CompareAndSwap(w, testing)
}

// testInLane tests an entry that was taken from the lane at the instant now.
func (p *Pool[T]) testInLane(ctx context.Context, e *entry[T], testing word, now policy.Instant, wait bool) (Lease[T], error) {
	settled := false
	defer func() {
		if !settled {
			h := p.withdrawTested(e, testing)
			p.abandonTest(ctx, p.doneOf(ctx, ledger.Answer{Do: ledger.Test, Handle: h}), h)
		}
	}()
	tested := p.testsBegin(now)
	lastUsed := p.clock.time(policy.Instant(e.returned.Load()))
	verdict := ledger.Passed
	if c := &p.checks[0]; len(p.checks) == 1 && c.Budget == 0 { // checkAll in the common case, without its calls
		begin := tested.begin
		if begin == 0 {
			begin = p.checkBegins(0)
		}
		if err := c.Run(ctx, e.val, lastUsed); err != nil {
			verdict = p.judge(ctx, c, err, begin, &tested)
		}
	} else {
		verdict = p.checkAll(ctx, e.val, allDue, lastUsed, &tested)
	}
	settled = true
	if verdict == ledger.Passed && (!p.clock.timedLending || p.notExpired(e)) && p.lane.Load() == e && e.word.CompareAndSwap(testing, testing.with(laneLeased)) {
		return Lease[T]{e, testing.with(laneLeased)}, nil
	}
	h := p.withdrawTested(e, testing)
	now = p.lockToLend()
	a := p.ledger.Tested(now, h, verdict)
	p.unlockAfterTest()
	return p.follow(ctx, a, acquiring{waits: wait, tests: tested})
}

// notExpired reports whether an entry in the lane is still within its time after
// its test, which may have taken long. Its caller asks whether that matters.
func (p *core[T]) notExpired(e *entry[T]) bool {
	return int64(p.clock.read()) < e.until.Load()
}

// withdrawTested takes the entry, which an acquirer tests, out of the lane.
// Afterwards the ledger knows of the test. An acquirer that remembered the entry
// may have taken it after it had left the lane; then the ledger has not heard of
// the test yet.
func (p *core[T]) withdrawTested(e *entry[T], testing word) ledger.Handle {
	p.lock()
	if e.word.CompareAndSwap(testing, testing.with(offLane)) {
		p.ledger.ReportUses(&e.slot, testing.leases())
		p.ledger.TestedInLane(&e.slot)
	}
	h := e.slot.Handle()
	p.performAsync(p.unlock())
	return h
}
