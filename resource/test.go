package resource

import (
	"context"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// Suspect says that the other end may be gone. With Config.TestSuspects each resource
// that is idle now is tested before it is lent, even if the test has a gate that says
// otherwise. Lease.Discard and a failed test do so by themselves. Without TestSuspects it
// does nothing.
func (p *Pool[T]) Suspect() {
	p.lock() // it empties the lane, where resources are lent without the ledger
	p.ledger.Suspect()
	p.performAsync(p.unlock())
}

// testTime is the time that one acquire has spent on checks. If the only check passes,
// the acquire is over and that time is not needed, so the clock is not read after it.
type testTime struct {
	spent time.Duration
	begin policy.Instant // of the first check, where the acquire has read it; else zero
	err   error          // of the check that has failed last
}

// testsBegin starts the account of an acquire whose instant is now. If the acquire
// has read the clock, its first check begins at now.
func (p *core[T]) testsBegin(now policy.Instant) testTime {
	if !p.clock.timedLending || p.clock.gated {
		return testTime{}
	}
	return testTime{begin: now}
}

// test runs the due checks on an idle resource that is about to be lent.
func (p *Pool[T]) test(ctx context.Context, done <-chan struct{}, a ledger.Answer, tested *testTime) ledger.Answer {
	settled := false
	defer func() {
		if !settled {
			p.abandonTest(ctx, done, a.Handle)
		}
	}()
	verdict := p.check(ctx, a, tested)
	settled = true
	now := p.lockToLend()
	next := p.ledger.Tested(now, a.Handle, verdict)
	p.unlockAfterTest()
	return next
}

// abandonTest closes the resource whose test panicked.
func (p *core[T]) abandonTest(ctx context.Context, done <-chan struct{}, h ledger.Handle) {
	now := p.lock()
	a := p.ledger.Abandon(now, h)
	p.performAsync(p.unlock())
	p.closeFor(ctx, done, a.Handle, nil)
}

// budgetTicks is how many ticks a budget must at least last for byTicks to be true.
// Then an error of one tick is a small part of the budget.
const budgetTicks = 20

// byTicks reports whether the first check of an acquire may be taken to have begun
// up to a tick too early.
func byTicks[T any](checks []policy.Check[T], budget, tick time.Duration) bool {
	short := func(d time.Duration) bool { return d > 0 && d < budgetTicks*tick }
	return len(checks) == 1 && tick == tickLeast && !short(budget) && !short(checks[0].Budget)
}

// checkBegins returns the instant at which a check begins, for a caller that has
// spent the given time on checks before. It may return the last tick, which saves
// reading the clock for a test that passes.
func (p *Pool[T]) checkBegins(spent time.Duration) policy.Instant {
	if p.testsByTicks && spent == 0 {
		if last := p.clock.last.Load(); last != 0 {
			return policy.Instant(last)
		}
	}
	return p.clock.read()
}

func (p *Pool[T]) check(ctx context.Context, a ledger.Answer, tested *testTime) ledger.Verdict {
	if p.watch != nil {
		return p.checkWatched(ctx, a, tested)
	}
	return p.checkDue(ctx, a, tested)
}

// checkDue is check without an observer.
func (p *Pool[T]) checkDue(ctx context.Context, a ledger.Answer, tested *testTime) ledger.Verdict {
	e := entryOf[T](a.Handle.Slot)
	if tested.begin == 0 {
		tested.begin = p.checkBegins(tested.spent)
	}
	e.until.Store(int64(tested.begin))
	return p.checkAll(ctx, e.val, a.Due, p.clock.time(e.slot.Facts().Returned), tested)
}

func (p *Pool[T]) checkAll(ctx context.Context, v T, due uint64, lastUsed time.Time, tested *testTime) ledger.Verdict {
	for i := range p.checks {
		if due&(1<<i) == 0 {
			continue
		}
		if verdict := p.checkOne(ctx, &p.checks[i], v, lastUsed, tested); verdict != ledger.Passed {
			return verdict
		}
	}
	return ledger.Passed
}

func (p *Pool[T]) checkOne(ctx context.Context, c *policy.Check[T], v T, lastUsed time.Time, tested *testTime) ledger.Verdict {
	if c.Budget > 0 && c.Budget <= tested.spent {
		tested.err = context.DeadlineExceeded
		return ledger.GaveUp
	}
	begin := tested.begin
	if begin == 0 {
		begin = p.checkBegins(tested.spent)
	}
	var err error
	if c.Budget > 0 {
		err = runWithin(ctx, c, c.Budget-tested.spent, v, lastUsed)
	} else {
		err = c.Run(ctx, v, lastUsed)
	}
	if err == nil && len(p.checks) == 1 {
		return ledger.Passed
	}
	return p.judge(ctx, c, err, begin, tested)
}

// runWithin runs a check with a context that ends after the given time.
func runWithin[T any](ctx context.Context, c *policy.Check[T], left time.Duration, v T, lastUsed time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	return c.Run(ctx, v, lastUsed)
}

// judge notes the time that a check has taken and its error, and returns what follows for
// the resource. The next check begins later.
func (p *Pool[T]) judge(ctx context.Context, c *policy.Check[T], err error, begin policy.Instant, tested *testTime) ledger.Verdict {
	tested.spent += p.clock.read().Sub(begin)
	tested.begin, tested.err = 0, err
	switch {
	case err == nil:
		return ledger.Passed
	// A caller whose context has ended would fail all further tests, and all idle
	// resources would be closed.
	case ctx.Err() != nil,
		c.Budget > 0 && tested.spent >= c.Budget,
		p.testBudget > 0 && tested.spent >= p.testBudget:
		return ledger.GaveUp
	}
	return ledger.Failed
}
