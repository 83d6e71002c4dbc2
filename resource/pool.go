package resource

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// Pool lends resources. Make it with [New]. It must not be copied. All methods
// are safe for concurrent use.
type Pool[T any] struct {
	// The runtime puts eight bytes before a record of this size. What follows them
	// fills a cache line, so that the lock begins one.
	latest policy.Instant // of the events so far
	armed  policy.Instant // when the timer fires
	laps   laps
	guard  guard
	timer  *time.Timer

	mu     backoffMutex
	ledger ledger.Ledger

	ticks   ticks
	drained chan struct{} // closed when a closed pool has nothing left; nil before Close

	_        line
	waitTime atomic.Int64
	_        line
	lane     lane[T]
	_        line

	// What is read much more often than it is written.
	queued  atomic.Bool // the last release found somebody in line, if the pool has a clock
	laned   bool        // the lane is used
	clock   clock
	cfg     Config[T]
	checks  []policy.Check[T]
	waiters sync.Pool // of *waiter
	alive   context.Context
	die     context.CancelFunc // ends openings for MinIdle

	closeErrors atomic.Uint64
}

// line keeps what stands on its two sides in different cache lines.
type line [64]byte

// New makes a pool. It opens nothing itself (resources for MinIdle are opened in
// the background) and reports the first field of c that makes no sense.
func New[T any](c Config[T]) (*Pool[T], error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	p := &Pool[T]{cfg: c, checks: c.BorrowTest.Checks(), armed: policy.Never}
	p.clock.init(c.timed(), c.timedLending(), c.stamps())
	p.ticks.at = policy.Never
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
	p.ledger.Init(ledger.Config{
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
	p.laned = p.ledger.CanLane()
	p.mu.Lock()
	p.unlock()
	return p, nil
}

// lock begins an event, and returns its instant. The clock is read before the
// lock is taken, so as not to hold it for longer.
//
// The event may be one that the ledger must know everything for, so the lane is
// emptied. The two common ones, which begin in acquire and in giveBack, are not
// such.
func (p *Pool[T]) lock() policy.Instant {
	now := p.clock.now()
	p.mu.Lock()
	now = p.raise(now)
	p.emptyLane(now)
	return now
}

// lockToLend is lock for an event that only lends: its instant matters only where
// a policy may say that a resource is not to be lent any more.
func (p *Pool[T]) lockToLend() policy.Instant {
	now := p.clock.toLend()
	p.mu.Lock()
	now = p.raise(now)
	p.emptyLane(now)
	return now
}

// raise keeps the ledger's time from running backwards: who waits for the lock
// may come with an instant that is past.
func (p *Pool[T]) raise(now policy.Instant) policy.Instant {
	if now <= p.latest {
		return p.latest
	}
	p.latest = now
	return now
}

// calm reports whether an event that cannot have drained the pool has caused
// nothing but its answer: unlocking is then all that is left to do.
func (p *Pool[T]) calm() bool {
	return !p.ledger.Pending() && p.ledger.Next() >= p.armed && p.guard.caught == ""
}

// unlock ends an event. It sets the timer if something falls due earlier than it
// fires, and returns the event's work, which the caller must do.
func (p *Pool[T]) unlock() ledger.Work {
	var w ledger.Work
	if p.ledger.Pending() {
		w = p.ledger.Take()
	}
	if min(p.ledger.Next(), p.ticks.at) < p.armed {
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

// entry is a resource with its slot: a single allocation, of 128 bytes for a
// small T, so that two entries do not share a cache line.
type entry[T any] struct {
	slot ledger.Slot // first: see entryOf

	// word is that of the lease in force, or of the next one: see lane.go.
	word atomic.Uint64
	// until is how long the entry may be lent from the lane.
	until atomic.Int64
	// returned is when it last came back to the lane.
	returned atomic.Int64
	pool     *Pool[T]
	val      T
}

func (p *Pool[T]) newSlot() *ledger.Slot { return &(&entry[T]{pool: p}).slot }

// entryOf returns the entry that a slot is the first field of. All slots of a
// pool's ledger come from newSlot.
func entryOf[T any](s *ledger.Slot) *entry[T] { return (*entry[T])(unsafe.Pointer(s)) }

// leaseOf makes the lease of what has just been granted.
func leaseOf[T any](s *ledger.Slot) Lease[T] {
	e := entryOf[T](s)
	return Lease[T]{e, e.word.Load()}
}
