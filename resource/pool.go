package resource

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
	"weak"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// Pool lends resources. Make it with [New]. It must not be copied. All methods
// are safe for concurrent use.
//
// A program should close a pool that it does not need any more. A pool that it drops instead
// is closed when the garbage collector finds that nothing refers to it; leases of it stay
// usable, as after [Pool.Close]. For that, Config.Close, Config.Observer and the policies
// must not refer to the pool, directly or through other values; otherwise the collector
// never finds it. An Open that still runs for a caller that has left, or for MinIdle, keeps
// what it refers to alive. Within a bubble of testing/synctest a dropped pool is not closed,
// since the collector works outside of all bubbles.
type Pool[T any] struct {
	*core[T]

	// The user's functions may well refer to the pool. So the functions that a
	// dropped pool never calls are here and not in the core.
	opener        opener[T]
	checks        []policy.Check[T]
	testBudget    time.Duration
	testIdleEvery time.Duration
	testsByTicks  bool // see checkBegins
	servesEnded   bool
	userCleanup   func(context.Context, T) error
	cleanupBudget time.Duration
	waiters       sync.Pool // of *waiter
	keyed         any       // the Keyed that the pool belongs to, which lives as long as the pool; nil: none
}

// core is all of a pool that timers, leases and goroutines refer to. It refers to
// its Pool only weakly, so none of them keeps a pool alive that the program has
// dropped.
type core[T any] struct {
	// The runtime puts eight bytes before a struct of this size. Together with the
	// fields before the lock they fill a cache line, so the lock begins the next
	// one.
	latestEvent policy.Instant // the instant of the last event
	timerAt     policy.Instant // when the timer fires
	laneInfo    laneInfo
	guard       guard
	timer       *time.Timer
	// drained is closed when a closed pool has nothing left. It is nil before Close.
	drained chan struct{}

	ownLock backoffMutex // mu, unless the pool is one of a Keyed
	ledger  ledger.Ledger

	tickState tickState

	_        cacheLinePad
	waitTime atomic.Int64
	_        cacheLinePad
	lane     lane[T]
	_        cacheLinePad

	// The fields below are read much more often than they are written.
	mu           *backoffMutex
	member       *member[T]  // nil: the pool is not one of a Keyed
	hadWaiters   atomic.Bool // the last release by way of the ledger found a waiter; false if the pool needs no time
	useLane      bool        // the lane is used
	testsInLane  bool        // resources lent from the lane are tested: see testInLane
	endHooks     bool        // Config.Cleanup is set, or the pool is watched
	watch        *watch      // nil: the pool is not watched
	loans        *loans[T]   // nil: the pool keeps no loans
	clock        clock
	userClose    func(T) error
	closeTimeout time.Duration // zero: none
	owner        weak.Pointer[Pool[T]]
	bgCtx        context.Context
	bgCancel     context.CancelFunc // ends bgCtx when the pool is closed

	openHold    openHold
	openFailure openFailure     // guarded by mu
	readyCalls  chan struct{}   // closed for the callers of WaitReady; nil: there are none
	lateRetires []lateRetire[T] // guarded by mu

	closeErrors   atomic.Uint64
	cleanupErrors atomic.Uint64
}

// cacheLinePad keeps what stands on its two sides in different cache lines.
type cacheLinePad [64]byte

// New makes a pool. It opens nothing itself: resources for MinIdle are opened in
// the background. If a field of c is invalid, New returns an error that names the
// first such field.
func New[T any](c Config[T]) (*Pool[T], error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	p := newPool(&c, nil)
	p.ledger.Init(p.guarded(&c))
	p.useLane = p.ledger.LaneEligible() && !p.endHooks
	if !p.clock.virtual() {
		runtime.AddCleanup(p, (*core[T]).dropped, p.core)
	}
	p.mu.Lock()
	p.unlock() // sets the timer for MinIdle
	return p, nil
}

// newPool makes a pool whose ledger is not initialized yet. If the pool is one of a
// Keyed, m says of which.
func newPool[T any](c *Config[T], m *member[T]) *Pool[T] {
	p := &Pool[T]{
		core:          newCore(c, m),
		opener:        opener[T]{c.Open, c.OpenDetached, c.OpenTimeout},
		checks:        c.BorrowTest.Checks(),
		testBudget:    c.TestBudget,
		testIdleEvery: c.TestIdleEvery,
		servesEnded:   c.ServeEnded,
		userCleanup:   c.Cleanup,
		cleanupBudget: c.CleanupTimeout,
	}
	p.testsByTicks = byTicks(p.checks, p.testBudget, p.clock.tickInterval)
	p.waiters.New = func() any { return newWaiter() }
	p.owner = weak.Make(p)
	return p
}

func newCore[T any](c *Config[T], m *member[T]) *core[T] {
	p := &core[T]{userClose: c.Close, closeTimeout: c.CloseTimeout, timerAt: policy.Never, member: m}
	if m == nil {
		p.mu = &p.ownLock
		p.clock.init(c.timed(), c.timedLending(), !c.timedBeyondTests(), c.returnTiming())
	} else {
		p.mu = &m.shared.mu
		p.clock.init(true, true, false, returnTiming{needed: true, hasLifetime: policy.IsTimed(c.Lifetime)})
		p.clock.base = m.shared.clock.base // all keys live on one time line, so all need the time
	}
	p.tickState.next = policy.Never
	p.bgCtx, p.bgCancel = context.WithCancel(context.Background())
	p.watch = newWatch(c, &p.clock, m)
	p.loans = newLoans(p, c)
	p.endHooks = c.Cleanup != nil || p.watch != nil
	p.openHold = openHold{on: !c.OpenBackoff.IsZero(), timeout: c.WaitTimeout > 0}
	p.testsInLane = alwaysTested(c.BorrowTest.Checks())
	return p
}

// guarded returns the ledger's configuration, with each of the user's policies
// behind a guard.
func (p *core[T]) guarded(c *Config[T]) ledger.Config {
	seed := c.Seed
	if seed == 0 {
		seed = rand.Uint64()
	}
	checks := c.BorrowTest.Checks()
	gates := make([]policy.Gate, len(checks))
	for i, check := range checks {
		gates[i] = p.guard.gate(check.Gate)
	}
	var total *ledger.Total
	if p.member != nil {
		total = p.member.shared.total
	}
	return ledger.Config{
		Total:         total,
		Owner:         p,
		MaxActive:     limit(c.MaxActive),
		MaxIdle:       idleLimit(c.MaxIdle),
		MinIdle:       c.MinIdle,
		MaxWaiters:    limit(c.MaxWaiters),
		WaitTimeout:   c.WaitTimeout,
		Order:         c.Order,
		Lifetime:      p.guard.lifetime(c.Lifetime),
		Eviction:      p.guard.eviction(c.Eviction),
		Gates:         gates,
		OpenBackoff:   c.OpenBackoff,
		LaneTests:     alwaysTested(checks),
		ReplaceAhead:  c.ReplaceAhead,
		Shed:          c.Shed,
		Reserve:       c.Reserve,
		TestIdleEvery: c.TestIdleEvery,
		TestSuspects:  c.TestSuspects,
		Seed:          seed,
		NewSlot:       p.newSlot,
	}
}

// dropped closes a pool that the program no longer refers to. No caller waits,
// opens or tests then, since such a caller refers to the pool. Closes run on
// another goroutine: they may take long, and other cleanups of the runtime must not
// wait for them.
func (p *core[T]) dropped() { p.performAsync(p.shut()) }

// entry is a resource with its slot: a single allocation, of 128 bytes for a
// small T, so that two entries do not share a cache line.
type entry[T any] struct {
	slot ledger.Slot // first: see entryOf

	// word is that of the lease in force, or of the next one: see word.go.
	word atomicWord
	// until is the first instant at which the entry may not be lent from the lane. While
	// the resource is opened, closed, or tested by way of the ledger, it is when that began.
	until atomic.Int64
	// returned is the instant at which it last came back to the lane. In a pool that is
	// watched, which has no lane, it is when the lease in force began.
	returned atomic.Int64
	pool     *core[T]
	val      T
}

func (p *core[T]) newSlot() *ledger.Slot { return &(&entry[T]{pool: p}).slot }

// entryOf returns the entry whose first field is s. All slots of a pool's ledger
// come from newSlot.
func entryOf[T any](s *ledger.Slot) *entry[T] { return (*entry[T])(unsafe.Pointer(s)) }

// coreOf returns the core of the pool that the slot of h belongs to.
func coreOf[T any](h ledger.Handle) *core[T] { return entryOf[T](h.Slot).pool }

// leaseOf makes the lease of a slot that was just granted.
func leaseOf[T any](s *ledger.Slot) Lease[T] {
	e := entryOf[T](s)
	return Lease[T]{e, e.word.Load() &^ revoked} // over from the start, if Terminate was faster
}
