package resource

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"weak"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// Keyed lends resources by key: the connections to many servers, for example, by
// address. Each key has a pool with limits of its own, and MaxActive and MaxIdle hold
// over all keys. Make a Keyed with [NewKeyed]. It must not be copied. All methods are
// safe for concurrent use.
//
// When MaxActive resources exist over all keys, an acquire takes the place of the
// resource that has been idle longest under any key: it closes that resource and then
// opens its own. Until the close has returned, the resource counts. If no resource is
// idle, the acquire waits.
//
// All waiters whose keys are below their own MaxActive are served in FIFO order,
// whatever their keys. If a resource comes back while such a waiter of another key has
// waited longer than every waiter of the resource's own key, the resource is closed
// and that waiter opens one in its place. So no key starves, however busy the others
// are. A waiter whose key is at its own MaxActive is served when a resource of that
// key comes back, or when a place of the key becomes free.
//
// [Keyed.Pool] returns the pool of one key, for example to resize it.
//
// An acquire or a release takes the same time however many keys there are. A Keyed has
// one lock for all keys, and takes it for each acquire and release.
//
// What [Pool] says about pools that the program drops holds for a Keyed as well.
type Keyed[K comparable, T any] struct {
	*shared[T]
	config func(K) (Config[T], error)
	pools  map[K]*Pool[T] // guarded by mu
}

// NewKeyed makes a Keyed. It calls no function of c. If a field of c is invalid,
// NewKeyed returns an error that names the first such field.
func NewKeyed[K comparable, T any](c KeyedConfig[K, T]) (*Keyed[K, T], error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	k := &Keyed[K, T]{
		shared: &shared[T]{
			total:     ledger.NewTotal(limit(c.MaxActive), idleLimit(c.MaxIdle)),
			keepEmpty: c.KeepEmpty,
		},
		config: c.Config,
		pools:  map[K]*Pool[T]{},
	}
	k.clock.init(true, true, false, returnTiming{})
	if k.keepEmpty == 0 {
		k.keepEmpty = defaultKeepEmpty
	}
	owner := weak.Make(k)
	k.dropEmpty = func() {
		if k := owner.Value(); k != nil {
			k.dropEmptyKeys()
		}
	}
	k.dropKey = func(m *member[T]) {
		if k := owner.Value(); k != nil {
			k.dropKeyLocked(m)
		}
	}
	if !k.clock.virtual() {
		runtime.AddCleanup(k, (*shared[T]).dropped, k.shared)
	}
	return k, nil
}

// Acquire lends a resource of a key. It takes an idle one of the key; opens one, where the
// limits leave room; takes the place of the resource that has been idle longest under any
// key; or waits. Its errors are those of [Pool.Acquire], where a [*PoolError] also says
// whether the limit of the key or the limit over all keys was reached. Two more are
// possible:
//
//   - a [*PoolError] that wraps [ErrKeyRemoved], if Remove was called for the key meanwhile;
//   - a [*KeyError], if the key has no configuration.
//
// Acquire panics if ctx is nil, and if K is an interface type and the key's value
// cannot be compared.
func (k *Keyed[K, T]) Acquire(ctx context.Context, key K) (Lease[T], error) {
	return k.acquireByClass(ctx, key, acquireMode{waits: true})
}

// AcquireUrgent is Acquire for callers that go before all others in the queue of their key:
// see [Pool.AcquireUrgent]. Where the limit over all keys stands in the way, the key has its
// turn among the others by the caller of the key that has waited longest. Its errors are
// those of Acquire without [ErrShed].
func (k *Keyed[K, T]) AcquireUrgent(ctx context.Context, key K) (Lease[T], error) {
	return k.acquireByClass(ctx, key, acquireMode{waits: true, urgent: true})
}

// AcquireBackground is TryAcquire for work that can wait for a better moment: see
// [Pool.AcquireBackground]. It leaves the places that Config.Reserve of the key names, gets
// nothing while a caller of the key waits, and never takes the place of another key's
// resource. Its errors are those of TryAcquire, and [ErrReserved] in a [*PoolError]; and
// ctx.Err(), if ctx has ended.
func (k *Keyed[K, T]) AcquireBackground(ctx context.Context, key K) (Lease[T], error) {
	return k.acquireByClass(ctx, key, acquireMode{background: true})
}

func (k *Keyed[K, T]) acquireByClass(ctx context.Context, key K, m acquireMode) (Lease[T], error) {
	refuseNil(ctx)
	if err := ctx.Err(); err != nil {
		return Lease[T]{}, err
	}
	_, bounded := ctx.Deadline() // the user's code, so the lock must not be held
	p, now, err := k.lockPool(key)
	if err != nil {
		return Lease[T]{}, err
	}
	m.unbounded = m.waits && !bounded && !p.openHold.timeout
	return p.lend(k.acquireUnlock(ctx, p, now, m))
}

// TryAcquire is Acquire, but it never waits for a release: where Acquire would wait,
// TryAcquire returns a [*PoolError] that wraps [ErrExhausted]. Like [Pool.TryAcquire] it may take time to test a
// resource, to open one, or to close one whose place it needs.
func (k *Keyed[K, T]) TryAcquire(ctx context.Context, key K) (Lease[T], error) {
	refuseNil(ctx)
	over := ctx.Err()
	p, now, err := k.lockPool(key)
	if err != nil {
		return Lease[T]{}, err
	}
	if over != nil && !p.servesEnded {
		p.unlockDelegating()
		return Lease[T]{}, over
	}
	return p.lend(k.acquireUnlock(ctx, p, now, acquireMode{}))
}

// Do calls f with a resource of a key, as [Pool.Do] does.
func (k *Keyed[K, T]) Do(ctx context.Context, key K, f func(ctx context.Context, v T) error) error {
	if f == nil {
		panic("resource: nil function")
	}
	lease, err := k.Acquire(ctx, key)
	if err != nil {
		return err
	}
	return use(ctx, lease, f)
}

// acquireUnlock serves an acquire that has found the pool of its key.
func (k *Keyed[K, T]) acquireUnlock(ctx context.Context, p *Pool[T], now policy.Instant, m acquireMode) (l Lease[T], err error) {
	defer runtime.KeepAlive(k) // the waiters of other keys depend on it, too
	var s *seen
	switch {
	case p.watch == nil:
	case !p.watch.observed():
		defer func() { p.noteLease(l) }()
	default:
		s = newSeen(now)
		err = errUnknownOutcome
		defer func() { p.acquireSeen(ctx, s, l, err) }()
	}
	l, err = p.acquireUnlock(ctx, now, m, s)
	if errors.Is(err, ErrClosed) && !k.isClosed() {
		err = removed(err)
	}
	return l, err
}

// removed turns the ErrClosed of a key's pool into ErrKeyRemoved.
func removed(err error) error {
	if e, ok := err.(*PoolError); ok {
		e.Err = ErrKeyRemoved
		return e
	}
	return ErrKeyRemoved
}

func (k *Keyed[K, T]) isClosed() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.closed
}

// lockPool returns the pool of a key, which it makes if need be, with the lock held.
// If it returns an error, the lock is not held.
func (k *Keyed[K, T]) lockPool(key K) (*Pool[T], policy.Instant, error) {
	// A key that cannot be compared panics here, and not while the lock is held.
	if key != key {
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
// back; until then they count towards the limits over all keys. Callers that wait for a
// resource of the key get [ErrKeyRemoved]. The next acquire makes the key again, with a
// new call of KeyedConfig.Config. The limits of the new pool do not count the leases of
// the removed one.
func (k *Keyed[K, T]) Remove(key K) bool {
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

// Reset replaces all resources of all keys, as [Pool.Reset] does.
func (k *Keyed[K, T]) Reset() {
	begin := k.clock.read()
	var all ledger.Work
	pools := k.all()
	for key, p := range pools {
		now := p.lock()
		if p.ledger.IsShut() {
			delete(pools, key)
		}
		p.ledger.Reset(now)
		w := p.unlock()
		p.wakeAndOpen(&w)
		all.Add(&w)
	}
	k.perform(all)
	for _, p := range pools {
		p.poolEvent(EventResetDone, begin)
	}
}

// Retire replaces the resources for which match returns true, under all keys, as
// [Pool.Retire] does.
func (k *Keyed[K, T]) Retire(match func(key K, v T) bool) {
	if match == nil {
		panic("resource: nil function")
	}
	begin := k.clock.read()
	pools := k.all()
	func() {
		var all ledger.Work
		defer func() { k.perform(all) }() // even if match panics
		for key, p := range pools {
			p.retire(func(v T) bool { return match(key, v) }, &all)
		}
	}()
	for _, p := range pools {
		p.poolEvent(EventRetiredDone, begin)
	}
}

// all returns the pools of all keys.
func (k *Keyed[K, T]) all() map[K]*Pool[T] {
	k.mu.Lock()
	defer k.mu.Unlock()
	pools := make(map[K]*Pool[T], len(k.pools))
	for key, p := range k.pools {
		pools[key] = p
	}
	return pools
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
// back and are closed, as [Pool.Shutdown] does. Resources of removed keys count.
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

// Terminate is Shutdown by force over all keys, as [Pool.Terminate] is for one pool: when ctx
// ends, it closes the resources that are leased under their holders, also those of removed
// keys, and returns when these closes have returned or timed out. The error is a
// [*ShutdownError] that counts and names the holders, each with its key. Later acquires get
// [ErrClosed]. Terminate panics if ctx is nil.
func (k *Keyed[K, T]) Terminate(ctx context.Context) error {
	err := k.Shutdown(ctx)
	incomplete, ok := err.(*ShutdownError)
	if !ok {
		return err
	}
	incomplete.Holders = k.revokeAll()
	return incomplete
}

// WaitReady returns when the pool of a key is ready, as [Pool.WaitReady] does. It makes the
// pool if there is none, and keeps the key as [Keyed.Pool] does. Call it for each key that
// the program needs at its start. Its errors are those of Pool.WaitReady; a [*PoolError] that
// wraps [ErrKeyRemoved], if Remove was called for the key meanwhile; and a [*KeyError], if the
// key has no configuration. It panics if ctx is nil.
func (k *Keyed[K, T]) WaitReady(ctx context.Context, key K) error {
	refuseNil(ctx)
	defer runtime.KeepAlive(k) // the pool opens nothing after the Keyed is dropped
	p, err := k.Pool(key)
	if err != nil {
		return err
	}
	if err = p.WaitReady(ctx); errors.Is(err, ErrClosed) && !k.isClosed() {
		return removed(err)
	}
	return err
}
