package resource

import (
	"context"

	"github.com/respool/respool/resource/ledger"
)

// testIdle tests a resource in the background, by the checks in due. No caller waits for
// it. In a pool that the program has dropped no test runs, and the resource is closed.
func (p *core[T]) testIdle(h ledger.Handle, due uint64) {
	verdict := ledger.Failed // also if the test panics or calls Goexit
	defer func() {
		now := p.lock()
		a := p.ledger.Tested(now, h, verdict)
		p.finish(a, p.unlock())
	}()
	if owner := p.owner.Value(); owner != nil {
		verdict = owner.checkIdle(h, due)
	}
}

// checkIdle runs checks on an idle resource. A check with a budget has all of it.
func (p *Pool[T]) checkIdle(h ledger.Handle, due uint64) ledger.Verdict {
	ctx, cancel := context.WithTimeout(context.WithValue(p.bgCtx, whileIdle{}, true), p.testIdleEvery)
	defer cancel()
	return p.check(ctx, ledger.Answer{Handle: h, Due: due}, new(testTime))
}

// whileIdle is the key of a context's value.
type whileIdle struct{}

// WhileIdle reports whether a check of Config.BorrowTest runs in the background, for
// Config.TestIdleEvery, while no acquirer waits for it. ctx is the context that the
// check was called with. Such a check has time for more than a quick look: it can, for
// example, authenticate again before a token expires.
func WhileIdle(ctx context.Context) bool { return ctx.Value(whileIdle{}) != nil }
