package live

import (
	"context"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/resource"
)

// request makes one try of a call: it takes the call's leases, one after another or each
// within the last. It reports whether nothing went wrong.
func (p *player) request(d drawn) bool {
	deadline := time.Duration(0)
	if t := time.Duration(p.sc.Workload.Timeout); t > 0 {
		deadline = p.clock.now() + t
	}
	return p.lease(d, deadline, max(p.sc.Workload.Leases, 1))
}

// lease asks for a connection, holds it and gives it back, and has left-1 more leases
// follow. It reports whether nothing went wrong.
func (p *player) lease(d drawn, deadline time.Duration, left int) bool {
	arrived := p.clock.now()
	if deadline > 0 && arrived >= deadline {
		return false // the pool is not asked
	}
	lease, err := p.acquire(d.patience, deadline)
	granted := p.clock.now()
	if err != nil {
		p.refused()
		return false
	}
	c := lease.Value()
	handOver := time.Duration(-1)
	if c.released > arrived {
		handOver = granted - c.released
	}
	late, err := p.use(c, granted, d, deadline)
	more, well := left > 1 && err == nil, err == nil
	if more && p.sc.Workload.Nested {
		well, more = p.lease(d, deadline, left-1), false
	}
	ended := p.clock.now()
	c.released = ended
	if err != nil {
		lease.Discard() // the answer may still come
	} else {
		lease.Release()
	}
	p.done(granted-arrived, ended-arrived, late, handOver)
	if more {
		return p.lease(d, deadline, left-1)
	}
	return well
}

// acquire asks the pool, for as long as the patience and the deadline allow. Zero is no
// end.
func (p *player) acquire(patience, deadline time.Duration) (resource.Lease[*conn], error) {
	ctx, wait := p.ctx, patience
	if left := deadline - p.clock.now(); deadline > 0 && (wait == 0 || left < wait) {
		wait = max(left, 1)
	}
	if wait > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, wait)
		defer cancel()
	}
	if p.sc.Pool.Wait {
		return p.pool.Acquire(ctx)
	}
	return p.pool.TryAcquire(ctx)
}

// use holds a connection, and has the server work. It returns by how much the holder's part
// ended late, and an error if the deadline came before the end.
func (p *player) use(c *conn, granted time.Duration, d drawn, deadline time.Duration) (late time.Duration, err error) {
	end := granted + d.hold
	if deadline > 0 && deadline <= end {
		end, err = max(deadline, granted), context.DeadlineExceeded
	}
	p.clock.sleep(end)
	late = max(0, p.clock.now()-end)
	if p.redis != "" && err == nil {
		err = p.visit(c.redis, d.service, deadline)
	}
	return late, err
}

func (p *player) refused() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.result.Requests++
	p.result.Refused++
}

func (p *player) done(acquire, total, late, handOver time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := &p.result
	r.Requests++
	r.Granted++
	r.Acquire.Add(acquire)
	r.Total.Add(total)
	r.Late.Add(late)
	if handOver >= 0 {
		r.HandOver.Add(handOver)
	}
}

// conn stands for a connection. It belongs to whoever has it leased.
type conn struct {
	released time.Duration
	redis    redis.Conn // nil for a fake
}

func (p *player) newPool() (*resource.Pool[*conn], error) {
	c := config(p.sc)
	c.Open = func(ctx context.Context) (*conn, error) {
		p.mu.Lock()
		takes := p.draws.Opening()
		p.result.Opens++
		p.mu.Unlock()
		p.pause(takes)
		if p.redis == "" {
			return new(conn), nil
		}
		r, err := p.dialRedis(ctx)
		return &conn{redis: r}, err
	}
	c.Close = func(c *conn) error {
		if c.redis != nil {
			defer c.redis.Close()
		}
		p.mu.Lock()
		takes := p.draws.Closing()
		p.mu.Unlock()
		p.pause(takes)
		return nil
	}
	c.BorrowTest = borrowTest(p.sc, func() {
		p.mu.Lock()
		takes := p.draws.Testing()
		p.mu.Unlock()
		p.pause(takes)
	})
	return resource.New(c)
}

func (p *player) pause(takes time.Duration) {
	if takes > 0 {
		p.clock.sleep(p.clock.now() + takes)
	}
}
