package resource

import "context"

// cleanUp calls Config.Cleanup, if there is one, for a lease that was just released, and
// then gives the resource back or closes it.
//
// The function belongs to the Pool and not to its core. A pool that the program
// has dropped lends nothing any more, so its resources need no cleanup.
func (p *core[T]) cleanUp(l Lease[T]) {
	owner := p.owner.Value()
	if owner == nil || owner.userCleanup == nil || p.bgCtx.Err() != nil {
		p.giveBack(l)
		return
	}
	clean := false
	defer func() {
		if clean {
			p.giveBack(l)
		} else {
			p.cleanupErrors.Add(1)
			p.discard(l, true)
		}
	}()
	ctx := p.bgCtx
	if owner.cleanupBudget > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, owner.cleanupBudget)
		defer cancel()
	}
	clean = owner.userCleanup(ctx, l.e.val) == nil
}
