package resource

// Outdated reports whether the pool would close the resource if it were given back now:
// it is older than its lifetime, or worn out, or was replaced by Reset or Retire, or is
// one too many since Resize, or the pool is closed. A holder that keeps a resource for a
// long time may ask now and then, and give it back. It takes the pool's lock. Outdated
// returns true if the lease is over.
func (l Lease[T]) Outdated() bool {
	if l.e == nil {
		return true
	}
	p := l.e.pool
	now := p.lock()
	defer p.mu.Unlock()
	if l.e.word.Load() != l.word {
		return true
	}
	if p.loans != nil {
		l = handleOf(l).loan.lease
	}
	return p.ledger.Unfit(now, &l.e.slot)
}
