package resource

import (
	"context"

	"github.com/respool/respool/resource/ledger"
)

// dropEmptyKeys drops the keys that have been empty for KeepEmpty.
func (k *Keyed[K, T]) dropEmptyKeys() {
	now := k.clock.read()
	k.mu.Lock()
	now = k.advanceClockLocked(now)
	k.timer = nil
	for m := k.dueLocked(now); m != nil; m = k.dueLocked(now) {
		k.empty.remove(m)
		m.core.shutLocked(now)
	}
	k.armLocked()
	k.shared.unlock()
}

// Remove removes a key, and reports whether there was one. Idle resources of the key are
// closed before Remove returns. Leased ones stay usable and are closed when they come
// back; until then they count toward the limits over all keys. Callers that wait for a
// resource of the key get [ErrKeyRemoved]. The next acquire makes the key again, with a
// new call of KeyedConfig.Config. The limits of the new pool do not count the leases of
// the removed one. Remove panics as [Keyed.Pool] does.
func (k *Keyed[K, T]) Remove(key K) bool {
	if !equalsItself(key) {
		return false
	}
	now := k.clock.read()
	k.mu.Lock()
	p := k.pools[key]
	if p == nil {
		k.mu.Unlock()
		return false
	}
	p.shutLocked(k.advanceClockLocked(now))
	work := p.unlock()
	p.bgCancel()
	p.perform(work)
	return true
}

// Close closes the pools of all keys, as [Pool.Close] does, and all later acquires get
// [ErrClosed], whatever their keys.
func (k *Keyed[K, T]) Close() error {
	k.perform(k.shutAll())
	return nil
}

// shutAll closes the pools of all keys, and forgets the keys.
func (k *Keyed[K, T]) shutAll() ledger.Work {
	work := k.shut()
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.pools)
	return work
}

// Shutdown closes the pools of all keys, and then waits until all resources have come
// back and are closed, as [Pool.Shutdown] does. Resources of removed keys count. The error
// is a [*ShutdownError] if ctx ends before. Shutdown panics if ctx is nil.
func (k *Keyed[K, T]) Shutdown(ctx context.Context) error {
	refuseNil(ctx)
	done := ctx.Done() // before the pools are shut, because Done may panic
	work := k.shutAll()
	if done == nil {
		k.perform(work)
	} else {
		k.performAsync(work) // a close may take longer than ctx
	}
	return awaitDrained(ctx, done, k.drained, k.Stats)
}

// Terminate is Shutdown by force over all keys, as [Pool.Terminate] is for one pool. When ctx
// ends, it closes the leased resources while their holders still have them, also those of
// removed keys. It returns when these closes have returned or timed out. The error is a
// [*ShutdownError] that counts and lists the leases, each with its key. Later acquires get
// [ErrClosed]. Terminate panics if ctx is nil.
func (k *Keyed[K, T]) Terminate(ctx context.Context) error {
	err := k.Shutdown(ctx)
	incomplete, ok := err.(*ShutdownError)
	if !ok {
		return err
	}
	incomplete.Terminated = k.revokeAll()
	return incomplete
}

// dropKeyLocked forgets a key whose pool has been shut.
func (k *Keyed[K, T]) dropKeyLocked(m *member[T]) {
	key, _ := m.key.(K) // a nil interface is a key, too
	if p := k.pools[key]; p != nil && p.core == m.core {
		delete(k.pools, key)
	}
}
