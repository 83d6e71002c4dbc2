package redispool

import (
	"context"
	"fmt"
	"time"

	"github.com/gomodule/redigo/redis"
	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
)

// validate checks the fields that redigo does not have. For redigo's fields every
// value has a meaning.
func (p *Pool) validate() error {
	if err := p.validateStay(); err != nil {
		return err
	}
	return p.validateUse()
}

// validateStay checks the fields that say how many connections there are, and how long
// each stays.
func (p *Pool) validateStay() error {
	lifetime := max(p.MaxConnLifetime, 0)
	switch {
	case p.follower != nil && p.follower.misuse != nil:
		return p.follower.misuse
	case p.MinIdle < 0:
		return fmt.Errorf("redispool: Pool.MinIdle is %d, must not be negative", p.MinIdle)
	case p.MinIdle > max(p.MaxIdle, 0):
		return fmt.Errorf("redispool: Pool.MinIdle is %d, above Pool.MaxIdle, which is %d", p.MinIdle, p.MaxIdle)
	case p.MaxActive > 0 && p.MinIdle > p.MaxActive:
		return fmt.Errorf("redispool: Pool.MinIdle is %d, above Pool.MaxActive, which is %d", p.MinIdle, p.MaxActive)
	case p.MaxConnLifetimeJitter < 0 || p.MaxConnLifetimeJitter > lifetime:
		return fmt.Errorf("redispool: Pool.MaxConnLifetimeJitter is %v, must be between 0 and Pool.MaxConnLifetime, which is %v",
			p.MaxConnLifetimeJitter, p.MaxConnLifetime)
	case p.ReplaceAhead < 0:
		return fmt.Errorf("redispool: Pool.ReplaceAhead is %v, must not be negative", p.ReplaceAhead)
	case p.ReplaceAhead > 0 && lifetime == 0:
		return fmt.Errorf("redispool: Pool.ReplaceAhead is %v, and Pool.MaxConnLifetime is not set", p.ReplaceAhead)
	case p.TestIdleAfter < 0:
		return fmt.Errorf("redispool: Pool.TestIdleAfter is %v, must not be negative", p.TestIdleAfter)
	case p.MaxConnUses < 0:
		return fmt.Errorf("redispool: Pool.MaxConnUses is %d, must not be negative", p.MaxConnUses)
	}
	return nil
}

// validateUse checks the fields that say how connections are waited for, dialed, tested,
// closed and shared.
func (p *Pool) validateUse() error {
	switch {
	case p.WaitTimeout < 0:
		return fmt.Errorf("redispool: Pool.WaitTimeout is %v, must not be negative", p.WaitTimeout)
	case p.MaxWaiters < 0:
		return fmt.Errorf("redispool: Pool.MaxWaiters is %d, must not be negative", p.MaxWaiters)
	case p.Reserve < 0:
		return fmt.Errorf("redispool: Pool.Reserve is %d, must not be negative", p.Reserve)
	case p.Reserve > 0 && p.Reserve >= p.MaxActive:
		return fmt.Errorf("redispool: Pool.Reserve is %d, must be less than Pool.MaxActive, which is %d", p.Reserve, p.MaxActive)
	case p.ShedTarget < 0:
		return fmt.Errorf("redispool: Pool.ShedTarget is %v, must not be negative", p.ShedTarget)
	case p.ShedInterval < 0:
		return fmt.Errorf("redispool: Pool.ShedInterval is %v, must not be negative", p.ShedInterval)
	case p.ShedInterval > 0 && p.ShedTarget == 0:
		return fmt.Errorf("redispool: Pool.ShedInterval is %v, and Pool.ShedTarget is not set", p.ShedInterval)
	case p.DialBackoff < 0:
		return fmt.Errorf("redispool: Pool.DialBackoff is %v, must not be negative", p.DialBackoff)
	case p.DialBackoff > 0 && p.DialBackoff < shortestPeriod:
		return fmt.Errorf("redispool: Pool.DialBackoff is %v, must be 0 or at least %v", p.DialBackoff, shortestPeriod)
	case p.TestIdleEvery < 0:
		return fmt.Errorf("redispool: Pool.TestIdleEvery is %v, must not be negative", p.TestIdleEvery)
	case p.TestIdleEvery > 0 && p.TestIdleEvery < shortestPeriod:
		return fmt.Errorf("redispool: Pool.TestIdleEvery is %v, must be 0 or at least %v", p.TestIdleEvery, shortestPeriod)
	case p.TestIdleEvery > 0 && p.TestOnBorrow == nil && p.TestOnBorrowContext == nil:
		return fmt.Errorf("redispool: Pool.TestIdleEvery is %v, and neither TestOnBorrow nor TestOnBorrowContext is set", p.TestIdleEvery)
	case p.LeakAfter < 0:
		return fmt.Errorf("redispool: Pool.LeakAfter is %v, must not be negative", p.LeakAfter)
	case p.CloseTimeout < 0:
		return fmt.Errorf("redispool: Pool.CloseTimeout is %v, must not be negative", p.CloseTimeout)
	case p.Database != nil && *p.Database < 0:
		return fmt.Errorf("redispool: Pool.Database is %d, must not be negative", *p.Database)
	}
	return p.validateShare()
}

// validateShare checks the fields that say how connections are shared.
func (p *Pool) validateShare() error {
	switch {
	case p.Share < 0:
		return fmt.Errorf("redispool: Pool.Share is %d, must not be negative", p.Share)
	case p.Share > max(p.MaxIdle, 0):
		return fmt.Errorf("redispool: Pool.Share is %d, above Pool.MaxIdle, which is %d", p.Share, p.MaxIdle)
	case p.MaxActive > 0 && p.Share >= p.MaxActive:
		return fmt.Errorf("redispool: Pool.Share is %d, must be less than Pool.MaxActive, which is %d", p.Share, p.MaxActive)
	case p.ShareBusyPoll > 0 && p.ShareBusyPoll < shortestBusyPoll:
		return fmt.Errorf("redispool: Pool.ShareBusyPoll is %v, must be 0, negative or at least %v", p.ShareBusyPoll, shortestBusyPoll)
	case p.ShareBusyPoll > longestBusyPoll:
		return fmt.Errorf("redispool: Pool.ShareBusyPoll is %v, must be at most %v", p.ShareBusyPoll, longestBusyPoll)
	}
	return nil
}

// shortestPeriod is the least time between calls that the pool repeats by itself. A number
// without a unit is a number of nanoseconds: then the pool would make such calls without
// end, also while nobody uses it.
const shortestPeriod = time.Millisecond

// dialJitter keeps many programs from dialing at the same moment.
const dialJitter = 0.2

// config translates the fields into a configuration of the generic pool.
func (p *Pool) config(k *core) resource.Config[*pooled] {
	c := resource.Config[*pooled]{
		Open:          p.opener(k),
		Close:         (*pooled).close,
		CloseTimeout:  p.CloseTimeout,
		TestIdleEvery: p.TestIdleEvery,
		TestSuspects:  p.TestSuspects,
		ReplaceAhead:  p.ReplaceAhead,
		Reserve:       p.Reserve,
		Shed:          policy.CoDel{Target: p.ShedTarget, Interval: p.ShedInterval},
		MaxActive:     max(p.MaxActive, 0),
		MaxIdle:       idleLimit(p.MaxIdle),
		MinIdle:       p.MinIdle,
		LeakAfter:     p.LeakAfter,
		Reclaim:       p.Reclaim,
		MaxWaiters:    p.MaxWaiters,
		WaitTimeout:   p.WaitTimeout,
		Lifetime:      p.lifetime(),
		BorrowTest:    p.borrowTest(),
		TestBudget:    orDefault(p.TestBudget, defaultTestBudget),
		OpenTimeout:   orDefault(p.DialTimeout, defaultDialTimeout),
		OpenDetached:  p.Dial != nil || p.DialContext != nil,
		Name:          p.Name,
		Observer:      p.Observer,
		Histograms:    p.Histograms,
		ServeEnded:    true, // redigo checks the context only when it waits, tests or dials
	}
	if p.DialBackoff > 0 {
		c.OpenBackoff = policy.Backoff{Max: p.DialBackoff, Jitter: dialJitter}
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
		uses = 1 // as in redigo, where every connection is too old from its start
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
	ownTest := tests.plain != nil || tests.withContext != nil
	if !ownTest {
		if !p.TestSuspects {
			return policy.BorrowTest[*pooled]{}
		}
		tests.withContext = TestPing(0)
	}
	all := policy.Test(tests.onBorrow())
	switch {
	case !ownTest:
		return policy.IfSuspected(all)
	case p.TestIdleAfter > 0:
		return policy.IfIdleFor(p.TestIdleAfter, all)
	}
	return all
}

// opener makes the generic pool's Open from the dial functions.
func (p *Pool) opener(k *core) func(context.Context) (*pooled, error) {
	dial, name := p.DialContext, "DialContext"
	if plain := p.Dial; dial == nil && plain != nil {
		dial, name = func(context.Context) (redis.Conn, error) { return plain() }, "Dial"
	}
	follows := p.follower != nil
	open := func(ctx context.Context) (*pooled, error) {
		// The epoch is read before the dial: a dial that began before the epoch's end may
		// lead to the demoted server.
		epoch, closers := k.demotion.epoch.Load(), k.closers.Load()
		var s *server
		if follows {
			s = new(server)
			ctx = context.WithValue(ctx, serverKey{}, s)
		}
		sockets := new(dialed)
		c, err := dial(context.WithValue(ctx, dialedKey{}, sockets))
		if err != nil {
			return nil, err
		}
		if c == nil {
			return nil, fmt.Errorf("redispool: Pool.%s returned neither a connection nor an error", name)
		}
		pc := newPooled(k, c, epoch)
		pc.closersSeen = closers
		pc.socket = sockets.socketIn(c)
		if s != nil {
			pc.server = s.get()
		}
		if breaks := k.breaks.Load(); resource.InAdvance(ctx) || k.inDoubt() {
			if err := pc.greet(ctx); err != nil {
				return nil, err
			}
			raise(&k.greeted, breaks)
		}
		return pc, nil
	}
	return func(ctx context.Context) (*pooled, error) {
		if dial == nil {
			return nil, errNoDial
		}
		return k.leadDial.open(ctx, k, open)
	}
}

// orDefault returns the default if d is zero, and zero, which means no bound, if d is
// negative.
func orDefault(d, byDefault time.Duration) time.Duration {
	if d == 0 {
		return byDefault
	}
	return max(d, 0)
}
