package redispool

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
	"weak"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
)

const (
	defaultTestBudget     = 100 * time.Millisecond
	defaultCleanupTimeout = 3 * time.Second
	defaultDialTimeout    = 30 * time.Second // redigo's for a TCP connection
)

// live is a pool in use: the generic pool that was made of its fields at the
// first use.
type live struct {
	*core
	pool *resource.Pool[*pooled]
	err  error // the fields made no sense: there is no pool
	wait bool
}

// core is what each connection needs to know of its pool: what the fields were at
// the first use. Connections outlive a pool that the program has dropped, so
// nothing in it keeps the pool alive, or what the user's functions refer to.
type core struct {
	pool            weak.Pointer[resource.Pool[*pooled]]
	undoSession     bool
	database        *int
	askInfoEarly    atomic.Bool   // a connection was closed because too little was known of it
	cleanup         time.Duration // zero: no bound
	quickTests      atomic.Bool   // the last that was run on a goroutine of its own returned soon: see probe.run
	resetOnReadOnly bool
	demotion        demotion
	sentinel        string // ends the messages of a subscription
}

// get returns the pool in use, which it makes at the first call.
func (p *Pool) get() *live {
	if l := p.live.Load(); l != nil {
		return l
	}
	p.build.Lock()
	defer p.build.Unlock()
	if l := p.live.Load(); l != nil {
		return l
	}
	l := p.newLive()
	p.live.Store(l)
	return l
}

func (p *Pool) newLive() *live {
	k := &core{
		undoSession:     !p.KeepSession,
		cleanup:         orDefault(p.CleanupTimeout, defaultCleanupTimeout),
		resetOnReadOnly: p.ResetOnReadOnly,
		sentinel:        newSentinel(),
	}
	if p.Database != nil {
		db := *p.Database
		k.database = &db
	}
	l := &live{core: k, wait: p.Wait}
	if l.err = p.validate(); l.err != nil {
		return l
	}
	l.pool, l.err = resource.New(p.config(k))
	k.pool = weak.Make(l.pool)
	return l
}

// orDefault reads a field for which zero means a default and less means no bound.
func orDefault(d, byDefault time.Duration) time.Duration {
	if d == 0 {
		return byDefault
	}
	return max(d, 0)
}

// newSentinel makes up a value that nobody publishes by chance, or on purpose.
func newSentinel() string {
	b := make([]byte, 16)
	rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// validate reports a field of ours that makes no sense. redigo's fields have a
// meaning for every value.
func (p *Pool) validate() error {
	lifetime := max(p.MaxConnLifetime, 0)
	switch {
	case p.MinIdle < 0:
		return fmt.Errorf("redispool: Pool.MinIdle is %d, must not be negative", p.MinIdle)
	case p.MinIdle > max(p.MaxIdle, 0):
		return fmt.Errorf("redispool: Pool.MinIdle is %d, above Pool.MaxIdle, which is %d", p.MinIdle, p.MaxIdle)
	case p.MaxActive > 0 && p.MinIdle > p.MaxActive:
		return fmt.Errorf("redispool: Pool.MinIdle is %d, above Pool.MaxActive, which is %d", p.MinIdle, p.MaxActive)
	case p.MaxConnLifetimeJitter < 0 || p.MaxConnLifetimeJitter > lifetime:
		return fmt.Errorf("redispool: Pool.MaxConnLifetimeJitter is %v, must be between 0 and Pool.MaxConnLifetime, which is %v",
			p.MaxConnLifetimeJitter, p.MaxConnLifetime)
	case p.TestIdleAfter < 0:
		return fmt.Errorf("redispool: Pool.TestIdleAfter is %v, must not be negative", p.TestIdleAfter)
	case p.MaxConnUses < 0:
		return fmt.Errorf("redispool: Pool.MaxConnUses is %d, must not be negative", p.MaxConnUses)
	case p.WaitTimeout < 0:
		return fmt.Errorf("redispool: Pool.WaitTimeout is %v, must not be negative", p.WaitTimeout)
	case p.MaxWaiters < 0:
		return fmt.Errorf("redispool: Pool.MaxWaiters is %d, must not be negative", p.MaxWaiters)
	case p.Database != nil && *p.Database < 0:
		return fmt.Errorf("redispool: Pool.Database is %d, must not be negative", *p.Database)
	}
	return nil
}

// config puts the fields in the words of the generic pool.
func (p *Pool) config(k *core) resource.Config[*pooled] {
	c := resource.Config[*pooled]{
		Open:         p.opener(k),
		Close:        (*pooled).close,
		MaxActive:    max(p.MaxActive, 0),
		MaxIdle:      idleLimit(p.MaxIdle),
		MinIdle:      p.MinIdle,
		MaxWaiters:   p.MaxWaiters,
		WaitTimeout:  p.WaitTimeout,
		Lifetime:     p.lifetime(),
		BorrowTest:   p.borrowTest(),
		TestBudget:   orDefault(p.TestBudget, defaultTestBudget),
		OpenTimeout:  orDefault(p.DialTimeout, defaultDialTimeout),
		OpenDetached: p.Dial != nil || p.DialContext != nil,
		ServeEnded:   true, // redigo looks at the context only when it waits, tests or dials
	}
	if p.FIFO {
		c.Order = policy.FIFO
	}
	if p.IdleTimeout > 0 {
		c.Eviction = policy.SoftIdleTimeout(p.IdleTimeout, p.MinIdle)
	}
	return c
}

func idleLimit(maxIdle int) int {
	if maxIdle <= 0 {
		return resource.KeepNone
	}
	return maxIdle
}

func (p *Pool) lifetime() policy.Lifetime {
	var all []policy.Lifetime
	uses := p.MaxConnUses
	switch {
	case p.MaxConnLifetime > 0:
		all = append(all, policy.MaxAgeJitter(p.MaxConnLifetime, p.MaxConnLifetimeJitter))
	case p.MaxConnLifetime < 0:
		uses = 1 // as in redigo, where every connection is too old from the start
	}
	if uses > 0 {
		all = append(all, policy.MaxUses(uses))
	}
	if len(all) == 0 {
		return nil
	}
	return policy.Earliest(all...)
}

func (p *Pool) borrowTest() policy.BorrowTest[*pooled] {
	tests := borrowTests{p.TestOnBorrow, p.TestOnBorrowContext}
	if tests.plain == nil && tests.withContext == nil {
		return policy.BorrowTest[*pooled]{}
	}
	all := policy.Test(func(ctx context.Context, pc *pooled, lastUsed time.Time) error {
		return pc.runTests(ctx, tests, lastUsed)
	})
	if p.TestIdleAfter > 0 {
		return policy.IfIdleFor(p.TestIdleAfter, all)
	}
	return all
}

// opener makes the Open of the generic pool from the dial functions.
func (p *Pool) opener(k *core) func(context.Context) (*pooled, error) {
	dial, name := p.DialContext, "DialContext"
	if plain := p.Dial; dial == nil && plain != nil {
		dial, name = func(context.Context) (redis.Conn, error) { return plain() }, "Dial"
	}
	return func(ctx context.Context) (*pooled, error) {
		if dial == nil {
			return nil, errNoDial
		}
		epoch := k.demotion.epoch.Load() // before it is dialled: what was begun earlier may lead elsewhere
		c, err := dial(ctx)
		if err != nil {
			return nil, err
		}
		if c == nil {
			return nil, fmt.Errorf("redispool: Pool.%s returned neither a connection nor an error", name)
		}
		pc := newPooled(k, c, epoch)
		if resource.InAdvance(ctx) {
			if err := pc.greet(ctx); err != nil {
				return nil, err
			}
		}
		return pc, nil
	}
}

// borrow gets a connection in redigo's words.
func (l *live) borrow(ctx context.Context) (*conn, error) {
	if l.err != nil {
		return nil, l.err
	}
	lease, err := l.acquire(ctx)
	if err == nil && lease.Value().confirmFirst {
		lease, err = l.acquireConfirmed(ctx, lease)
	}
	if err != nil {
		return nil, translate(err)
	}
	return lease.Value().handle(lease), nil
}

func (l *live) acquire(ctx context.Context) (resource.Lease[*pooled], error) {
	if l.waits(ctx) {
		return l.pool.Acquire(ctx)
	}
	return l.tryAcquire(ctx)
}

// acquireConfirmed asks the server about a connection that is in doubt, and goes on to
// others until one is good.
func (l *live) acquireConfirmed(ctx context.Context, lease resource.Lease[*pooled]) (resource.Lease[*pooled], error) {
	var failure, err error
	for lease.Value().confirmFirst {
		if failure = confirmLease(ctx, lease, failure); failure == nil {
			break
		}
		if err = ctx.Err(); err != nil {
			return lease, err
		}
		lease, err = l.acquire(ctx)
		if errors.Is(err, resource.ErrExhausted) && !errors.Is(err, resource.ErrWaitTimeout) {
			return lease, failure // it says more
		}
		if err != nil {
			return lease, err
		}
	}
	return lease, nil
}

// waits reports whether a caller waits at the limit. Without a limit, Acquire
// never waits; but it looks at the context first, and redigo does so only where
// there is a limit. Whether there is one is asked of the generic pool, which
// Resize may change at any moment.
func (l *live) waits(ctx context.Context) bool {
	return l.wait && (ctx.Err() == nil || l.pool.Stats().MaxActive > 0)
}

// tryAcquire is for a caller who does not wait, or whose time is up.
func (l *live) tryAcquire(ctx context.Context) (resource.Lease[*pooled], error) {
	lease, err := l.pool.TryAcquire(ctx)
	over := ctx.Err()
	switch {
	case over == nil:
		return lease, err
	case err == nil:
		// What a test or a dial gave is kept, but the caller's time is up. The
		// connection goes back as from any borrower: a test may have left a reply, or
		// broken it.
		(&conn{lease: lease}).Close()
		return resource.Lease[*pooled]{}, over
	case l.wait && errors.Is(err, resource.ErrExhausted): // a limit has just come
		return lease, over
	}
	return lease, err
}

// reset resets the pool. One that the program has dropped needs none.
func (k *core) reset() {
	if pool := k.pool.Value(); pool != nil {
		pool.Reset()
	}
}

// orBackground reads a nil context as redigo does where it never looks at one.
func orBackground(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}
