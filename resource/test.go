package resource

import (
	"context"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// test runs the due checks on an idle resource that is about to be lent. tested
// is the time that this acquire has spent on checks.
func (p *Pool[T]) test(ctx context.Context, done <-chan struct{}, a ledger.Answer, tested *time.Duration) ledger.Answer {
	settled := false
	defer func() {
		if !settled {
			p.abandonTest(ctx, done, a.Handle)
		}
	}()
	verdict := p.check(ctx, a, tested)
	settled = true
	now := p.lock()
	next := p.ledger.Tested(now, a.Handle, verdict)
	p.delegate(p.unlock())
	return next
}

// abandonTest closes the resource whose test panicked.
func (p *core[T]) abandonTest(ctx context.Context, done <-chan struct{}, h ledger.Handle) {
	now := p.lock()
	a := p.ledger.Abandon(now, h)
	p.delegate(p.unlock())
	p.closeFor(ctx, done, a.Handle)
}

func (p *Pool[T]) check(ctx context.Context, a ledger.Answer, tested *time.Duration) ledger.Verdict {
	e := entryOf[T](a.Handle.Slot)
	lastUsed := p.clock.time(e.slot.Facts().Returned)
	for i := range p.checks {
		if a.Due&(1<<i) == 0 {
			continue
		}
		if verdict := p.checkOne(ctx, &p.checks[i], e.val, lastUsed, tested); verdict != ledger.Passed {
			return verdict
		}
	}
	return ledger.Passed
}

func (p *Pool[T]) checkOne(ctx context.Context, c *policy.Check[T], v T, lastUsed time.Time, tested *time.Duration) ledger.Verdict {
	inner := ctx
	if c.Budget > 0 {
		left := c.Budget - *tested
		if left <= 0 {
			return ledger.GaveUp
		}
		var cancel context.CancelFunc
		inner, cancel = context.WithTimeout(ctx, left)
		defer cancel()
	}
	begin := p.clock.read()
	err := c.Run(inner, v, lastUsed)
	*tested += p.clock.read().Sub(begin)
	switch {
	case err == nil:
		return ledger.Passed
	// A caller whose context has ended would fail all tests that follow, and
	// have all that is idle closed.
	case ctx.Err() != nil,
		c.Budget > 0 && *tested >= c.Budget,
		p.testBudget > 0 && *tested >= p.testBudget:
		return ledger.GaveUp
	}
	return ledger.Failed
}
