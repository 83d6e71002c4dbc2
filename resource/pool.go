package resource

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// Pool lends resources. Make it with [New]. It must not be copied. All methods
// are safe for concurrent use.
type Pool[T any] struct {
	cfg     Config[T]
	checks  []policy.Check[T]
	clock   clock
	waiters sync.Pool // of *waiter
	alive   context.Context
	die     context.CancelFunc // ends openings for MinIdle

	waits       atomic.Int64
	waitTime    atomic.Int64
	closeErrors atomic.Uint64

	mu backoffMutex

	ledger  *ledger.Ledger
	timer   *time.Timer
	latest  policy.Instant // of the events so far
	armed   policy.Instant // when the timer fires
	guard   guard
	drained chan struct{} // closed when a closed pool has nothing left; nil before Close
}

// New makes a pool. It opens nothing itself (resources for MinIdle are opened in
// the background) and reports the first field of c that makes no sense.
func New[T any](c Config[T]) (*Pool[T], error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	p := &Pool[T]{cfg: c, checks: c.BorrowTest.Checks(), clock: newClock(c.timed()), armed: policy.Never}
	p.mu.init()
	p.waiters.New = func() any { return newWaiter() }
	p.alive, p.die = context.WithCancel(context.Background())
	seed := c.Seed
	if seed == 0 {
		seed = rand.Uint64()
	}
	gates := make([]policy.Gate, len(p.checks))
	for i, check := range p.checks {
		gates[i] = p.guard.gate(check.Gate)
	}
	p.ledger = ledger.New(ledger.Config{
		MaxActive:   limit(c.MaxActive),
		MaxIdle:     idleLimit(c.MaxIdle),
		MinIdle:     c.MinIdle,
		MaxWaiters:  limit(c.MaxWaiters),
		WaitTimeout: c.WaitTimeout,
		Order:       c.Order,
		Lifetime:    p.guard.lifetime(c.Lifetime),
		Eviction:    p.guard.eviction(c.Eviction),
		Gates:       gates,
		Seed:        seed,
		NewSlot:     p.newSlot,
	})
	p.mu.Lock()
	p.unlock()
	return p, nil
}

// lock begins an event, and returns its instant. The clock is read before the
// lock is taken, so as not to hold it for longer; who then waits for it may come
// with an instant that is past. The ledger's time does not run backwards.
func (p *Pool[T]) lock() policy.Instant {
	now := p.clock.now()
	p.mu.Lock()
	now = max(now, p.latest)
	p.latest = now
	return now
}

// calm reports whether an event has caused nothing but its answer: unlocking is
// then all that is left to do.
func (p *Pool[T]) calm() bool {
	return !p.ledger.Pending() && p.ledger.Next() >= p.armed && p.drained == nil && p.guard.caught == ""
}

// unlock ends an event. It sets the timer if something falls due earlier than it
// fires, and returns the event's work, which the caller must do.
func (p *Pool[T]) unlock() ledger.Work {
	var w ledger.Work
	if p.ledger.Pending() {
		w = p.ledger.Take()
	}
	if p.ledger.Next() < p.armed {
		p.arm()
	}
	if p.drained != nil && p.ledger.Drained() {
		p.drain()
	}
	if p.guard.caught != "" {
		p.guard.raise()
	}
	p.mu.Unlock()
	return w
}

// entry is a resource with its slot. It is a single allocation.
type entry[T any] struct {
	slot ledger.Slot
	// gen is the generation of the lease in force: the slot's own, which is the
	// lock's, for those who look at a lease without it.
	gen  atomic.Uint64
	pool *Pool[T]
	val  T
}

func (p *Pool[T]) newSlot() *ledger.Slot {
	e := &entry[T]{pool: p}
	e.slot.Tag = e
	e.gen.Store(1)
	return &e.slot
}

func entryOf[T any](h ledger.Handle) *entry[T] { return h.Slot.Tag.(*entry[T]) }

func leaseOf[T any](h ledger.Handle) Lease[T] { return Lease[T]{entryOf[T](h), h.Gen} }
