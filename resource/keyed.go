package resource

import (
	"runtime"
	"weak"

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
// All waiters whose keys are below their own MaxActive are served in FIFO order, whatever
// their keys. When a resource comes back, the first of those waiters may be one of
// another key. Then the resource is closed, and that waiter opens one in its place. So no
// key starves, however busy the others are. A waiter whose key is at its own MaxActive is
// served when a resource of that key comes back, or when a place of the key becomes free.
//
// [Keyed.Pool] returns the pool of one key, for example to resize it.
//
// An acquire or a release takes the same time however many keys there are. A Keyed has
// one lock for all keys, and takes it for each acquire and release.
//
// The documentation of [Pool] about pools that the program drops applies to a Keyed as
// well. A key must not refer to the Keyed either.
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
