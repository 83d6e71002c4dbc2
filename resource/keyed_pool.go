package resource

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/respool/respool/policy"
)

// Pool returns the pool of a key, which it makes if there is none. The methods of the
// pool concern only the key, and also obey the limits over all keys. Use the pool to
// resize, reset or shut down one key, or for a function that takes a Pool.
//
// The key is kept from then on, even if it is empty for longer than
// [KeyedConfig.KeepEmpty], until Remove or the Close of its pool. After either, acquires
// of the pool get [ErrClosed], and the next acquire of the Keyed makes the key again.
//
// As long as the program refers to the pool, the Keyed is not closed by the garbage
// collector. The error is [ErrClosed], or a [*KeyError] if the key has no configuration.
// Pool panics if K is an interface type and the key's value cannot be compared.
func (k *Keyed[K, T]) Pool(key K) (*Pool[T], error) {
	p, _, err := k.lockPool(key)
	if err != nil {
		return nil, err
	}
	m := p.member
	m.keep = true
	if m.isEmpty {
		k.empty.remove(m)
	}
	p.unlockDelegating()
	return p, nil
}

// idleLimit is the limit of idle resources of a key. If none are kept over all keys, none
// are kept of this one.
func (m *member[T]) idleLimit(maxIdle int) int {
	if _, total := m.shared.total.Limits(); total == 0 {
		return 0
	}
	return maxIdle
}

// lockPool returns the pool of a key, which it makes if need be, with the lock held.
// If it returns an error, the lock is not held.
func (k *Keyed[K, T]) lockPool(key K) (*Pool[T], policy.Instant, error) {
	if !equalsItself(key) {
		return nil, 0, &KeyError{key, fmt.Errorf("resource: the key is not equal to itself")}
	}
	var fresh *Pool[T]
	for {
		now := k.clock.read()
		k.mu.Lock()
		now = k.advanceClockLocked(now)
		p := k.pools[key]
		if p == nil && fresh != nil && !k.closed {
			p = fresh
			k.pools[key] = p
			k.joinLocked(p.core, now)
		}
		if k.closed {
			k.former.Rejected++ // no pool of a key counts it
			active := k.total.Levels().Active
			k.mu.Unlock()
			maxActive, _ := k.total.Limits()
			return nil, 0, &PoolError{Err: ErrClosed, Keyed: &KeyedSnapshot{Key: key, MaxActive: unlimit(maxActive), Active: active}}
		}
		if p != nil {
			return p, now, nil
		}
		k.mu.Unlock()
		var err error
		if fresh, err = k.newPool(key); err != nil {
			return nil, 0, &KeyError{key, err}
		}
	}
}

// equalsItself reports whether a key can be found again. It panics if the key cannot be
// compared. So it is called before the lock is taken, where a look into the map would panic.
func equalsItself[K comparable](key K) bool { return key == key }

// newPool makes the pool of a key. It is not a member yet.
func (k *Keyed[K, T]) newPool(key K) (*Pool[T], error) {
	c, err := k.config(key)
	if err != nil {
		return nil, err
	}
	maxActive, maxIdle := k.total.Limits()
	if err := c.validateMember(maxActive, maxIdle); err != nil {
		return nil, err
	}
	if maxIdle == 0 {
		c.MaxIdle = KeepNone
	}
	p := newPool(&c, &member[T]{shared: k.shared, key: key, keep: c.MinIdle > 0})
	p.keyed = k
	p.ledger.Init(p.guarded(&c))
	return p, nil
}

// WaitReady returns when the pool of a key is ready, as [Pool.WaitReady] does. It makes the
// pool if there is none, and keeps the key as [Keyed.Pool] does. Call it for each key that the
// program needs at its start. Its errors are those of Pool.WaitReady, and two more: a
// [*PoolError] that wraps [ErrKeyRemoved], if Remove was called for the key meanwhile; and a
// [*KeyError], if the key has no configuration. It panics if ctx is nil.
func (k *Keyed[K, T]) WaitReady(ctx context.Context, key K) error {
	refuseNil(ctx)
	defer runtime.KeepAlive(k) // the pool opens nothing after the Keyed is dropped
	p, err := k.Pool(key)
	if err != nil {
		return err
	}
	if err = p.WaitReady(ctx); errors.Is(err, ErrClosed) && !k.Closed() {
		return removed(err)
	}
	return err
}
