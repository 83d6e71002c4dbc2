package live

import (
	"context"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/resource"
)

// request asks for a connection, holds it and gives it back. It reports whether nothing
// went wrong.
func (p *player) request(d drawn) bool {
	ctx, deadline := p.ctx, time.Duration(0)
	wait := d.patience
	if t := time.Duration(p.sc.Workload.Timeout); t > 0 {
		deadline = p.clock.now() + t
		if wait == 0 || t < wait {
			wait = t
		}
	}
	if wait > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, wait)
		defer cancel()
	}
	acquire := p.pool.TryAcquire
	if p.sc.Pool.Wait {
		acquire = p.pool.Acquire
	}
	arrived := p.clock.now()
	lease, err := acquire(ctx)
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
	p.clock.sleep(granted + d.hold)
	late := max(0, p.clock.now()-granted-d.hold)
	if p.redis != "" {
		begin := p.clock.now()
		err = p.visit(c.redis, d.service, deadline)
		p.count(func(r *Result) { r.Server.Add(p.clock.now() - begin) })
	}
	ended := p.clock.now()
	c.released = ended
	if err != nil {
		lease.Discard() // the answer may still come
	} else {
		lease.Release()
	}
	p.done(granted-arrived, ended-arrived, late, handOver)
	return err == nil
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
