package live

import (
	"context"
	"time"

	"github.com/respool/respool/resource"
)

// request asks for a connection, holds it and gives it back.
func (p *player) request(hold, patience time.Duration) {
	ctx := p.ctx
	if patience > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, patience)
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
		return
	}
	c := lease.Value()
	handOver := time.Duration(-1)
	if c.released > arrived {
		handOver = granted - c.released
	}
	p.clock.sleep(granted + hold)
	ended := p.clock.now()
	c.released = ended
	lease.Release()
	p.done(granted-arrived, ended-arrived, ended-granted-hold, handOver)
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
type conn struct{ released time.Duration }

func (p *player) newPool() (*resource.Pool[*conn], error) {
	c := config(p.sc)
	c.Open = func(context.Context) (*conn, error) {
		p.mu.Lock()
		takes := p.draws.Opening()
		p.result.Opens++
		p.mu.Unlock()
		p.pause(takes)
		return new(conn), nil
	}
	c.Close = func(*conn) error {
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
