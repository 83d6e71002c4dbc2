package live

import (
	"context"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/alive"
)

// request makes one try of a call: it takes the call's leases, one after another or each
// within the last.
func (p *player) request(d drawn) outcome {
	deadline := time.Duration(0)
	if t := time.Duration(p.sc.Workload.Timeout); t > 0 {
		deadline = p.clock.now() + t
	}
	return p.lease(d, deadline, max(p.sc.Workload.Leases, 1))
}

// lease asks for a connection, holds it and gives it back. Then it takes left-1 more leases.
func (p *player) lease(d drawn, deadline time.Duration, left int) outcome {
	arrived := p.clock.now()
	if deadline > 0 && arrived >= deadline {
		return failed // the pool is not asked
	}
	lease, err := p.acquire(d, deadline)
	granted := p.clock.now()
	if err != nil {
		if arrived >= p.warmUp {
			p.refused()
		}
		return failed
	}
	p.count(func(*Result) { p.fleet.lends(granted, 1) })
	c := lease.Value()
	handOver := time.Duration(-1)
	if c.released > arrived {
		handOver = granted - c.released
	}
	usable := p.takesInUse(c, granted)
	if usable && d.end == leaks {
		p.leak(lease)
		if arrived >= p.warmUp {
			p.granted(granted-arrived, handOver)
		}
		return abandoned
	}
	late, err := p.use(c, granted, d, deadline)
	became := outcomeOf(d.end, err)
	more := left > 1 && became == good
	if more && p.sc.Workload.Nested {
		inner := d
		inner.end = releases
		became, more = p.lease(inner, deadline, left-1), false
	}
	ended := p.clock.now()
	c.released = ended
	p.endLease(lease, d.end, err)
	p.count(func(*Result) { p.fleet.lends(ended, -1) })
	if arrived >= p.warmUp {
		p.granted(granted-arrived, handOver)
		p.done(ended-arrived, late)
	}
	if more {
		return p.lease(d, deadline, left-1)
	}
	return became
}

// acquire asks the pool, for as long as the patience and the deadline allow. Zero is no
// end.
func (p *player) acquire(d drawn, deadline time.Duration) (resource.Lease[*conn], error) {
	ctx, wait := p.ctx, d.patience
	if left := deadline - p.clock.now(); deadline > 0 && (wait == 0 || left < wait) {
		wait = max(left, 1)
	}
	if wait > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, wait)
		defer cancel()
	}
	switch {
	case d.background:
		return p.pool.AcquireBackground(ctx)
	case d.urgent:
		return p.pool.AcquireUrgent(ctx)
	case p.sc.Pool.Wait:
		return p.pool.Acquire(ctx)
	}
	return p.pool.TryAcquire(ctx)
}

// use holds a connection while the server works. It returns by how much the holder's part
// ended late, and an error if the deadline came before the end.
func (p *player) use(c *conn, granted time.Duration, d drawn, deadline time.Duration) (late time.Duration, err error) {
	if p.redis == "" {
		return p.useFake(c, granted, d, deadline)
	}
	end := granted + d.part(d.hold)
	if deadline > 0 && deadline <= end {
		end, err = max(deadline, granted), context.DeadlineExceeded
	}
	if deadErr := c.check(); deadErr != nil {
		return 0, deadErr
	}
	p.clock.sleep(end)
	late = max(0, p.clock.now()-end)
	if err == nil && d.end != panics {
		err = p.visit(c.redis, d.service, deadline)
	}
	return late, err
}

func (p *player) refused() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.result.Requests++
	p.result.Refused++
	p.result.Each[p.number].Requests++
}

// granted counts a request that got a lease. A hand-over below zero was none.
func (p *player) granted(acquire, handOver time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := &p.result
	r.Requests++
	r.Granted++
	r.Acquire.Add(acquire)
	one := &r.Each[p.number]
	one.Requests++
	one.Granted++
	one.Acquire.Add(acquire)
	if handOver >= 0 {
		r.HandOver.Add(handOver)
	}
}

// done counts a lease that has ended.
func (p *player) done(total, late time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.result.Total.Add(total)
	p.result.Late.Add(late)
}

// conn stands for a connection. It belongs to its holder.
type conn struct {
	released time.Duration
	dies     time.Duration // when the server loses a fake; heard and inUse: see fakes.alive
	heard    time.Duration
	inUse    bool
	redis    redis.Conn // nil for a fake
	socket   *alive.Socket
}

// check returns an error if the server has ended the connection.
func (c *conn) check() error {
	if c.socket == nil {
		return nil
	}
	return c.socket.Check()
}

// config returns the configuration of the instance's pool.
func (p *player) config() resource.Config[*conn] {
	c := config(p.sc)
	c.Open = p.openConn
	c.Close = func(c *conn) error {
		p.fakes.disconnect(c)
		if c.redis != nil {
			defer c.redis.Close()
		}
		p.mu.Lock()
		takes := p.draws.Closing()
		p.mu.Unlock()
		p.pause(takes)
		return nil
	}
	c.BorrowTest = borrowTest(p.sc, p.test)
	return c
}

// test tests a connection.
func (p *player) test(ctx context.Context, c *conn) error {
	if p.redis == "" {
		return p.testFake(ctx, c)
	}
	now := p.clock.now()
	p.mu.Lock()
	takes := p.draws.Slowed(now, p.draws.Testing())
	p.mu.Unlock()
	p.pause(takes)
	return c.check()
}

func (p *player) openConn(ctx context.Context) (c *conn, err error) {
	now := p.clock.now()
	p.mu.Lock()
	opening := p.draws.Opening()
	takes := p.draws.Slowed(now, opening)
	if p.redis == "" {
		takes = p.draws.Served(now, opening)
	}
	p.mu.Unlock()
	if p.redis == "" {
		c, err = p.dialFake(ctx, takes)
	} else if err = p.pauseWithin(ctx, takes); err == nil {
		c, err = p.dialRedis(ctx)
	}
	if p.clock.now() >= p.warmUp {
		p.opened(err)
	}
	return c, err
}

// opened counts an opening.
func (p *player) opened(err error) {
	if err == nil {
		p.tick(func(r *Result) []uint64 { return r.Opened })
	}
	p.count(func(r *Result) {
		one := &r.Each[p.number]
		if err != nil {
			one.Failed++
			r.Failed++
		} else {
			one.Opens++
			r.Opens++
		}
	})
}

func (p *player) pause(takes time.Duration) {
	if takes > 0 {
		p.clock.sleep(p.clock.now() + takes)
	}
}

// pauseWithin ends with the context's deadline, and then returns an error. A request that is
// out of patience goes on waiting for its own opening, unless that is detached.
func (p *player) pauseWithin(ctx context.Context, takes time.Duration) error {
	bounded := p.sc.Workload.Timeout > 0 || p.sc.Pool.OpenDetached || resource.InAdvance(ctx)
	if deadline, ok := ctx.Deadline(); ok && bounded && time.Until(deadline) < takes {
		p.pause(time.Until(deadline))
		return context.DeadlineExceeded
	}
	p.pause(takes)
	return nil
}
