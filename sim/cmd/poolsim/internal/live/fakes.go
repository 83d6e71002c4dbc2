package live

import (
	"context"
	"errors"
	"sync"
	"time"
)

// fakes stands for the server of fake connections, and knows which of them it has. It loses
// and refuses connections at the same instants as the simulated server.
type fakes struct {
	sync.Mutex
	has     map[*conn]bool
	peak    int
	refused uint64 // openings above the maximum of connections

	idleTimeout time.Duration // after which the server closes a connection; zero: it does not
}

var errDead = errors.New("the connection is dead")

// endless is after the end of every run.
const endless = time.Duration(1<<63 - 1)

// alive reports whether the server has a connection. It loses one that it has not heard from
// for its idle timeout, unless that is in use. The lock is held.
func (f *fakes) alive(c *conn, now time.Duration) bool {
	if f.idleTimeout > 0 && !c.inUse && now >= c.heard+f.idleTimeout {
		c.dies = min(c.dies, c.heard+f.idleTimeout)
	}
	return now < c.dies
}

// isAlive is alive without the lock.
func (f *fakes) isAlive(c *conn, now time.Duration) bool {
	f.Lock()
	defer f.Unlock()
	return f.alive(c, now)
}

// takesInUse reports whether a connection is alive, and notes that the server hears from it
// from now on. A real connection shows itself whether it is alive.
func (p *player) takesInUse(c *conn, now time.Duration) bool {
	if c.redis != nil {
		return c.check() == nil
	}
	p.fakes.Lock()
	defer p.fakes.Unlock()
	alive := p.fakes.alive(c, now)
	c.inUse = true
	return alive
}

// hears notes that the server hears from a connection for the last time before it is idle.
func (f *fakes) hears(c *conn, now time.Duration) {
	f.Lock()
	defer f.Unlock()
	c.heard, c.inUse = now, false
}

// connect notes that the server has a new connection, and when it will lose it. The lock is
// held.
func (p *player) connect(c *conn, now time.Duration) {
	p.mu.Lock()
	life := p.draws.Life()
	p.mu.Unlock()
	c.dies, c.heard = endless, now
	if life > 0 {
		c.dies = now + life
	}
	w := &p.whole.World
	for _, at := range w.Restarts {
		if at := time.Duration(at); at > now {
			c.dies = min(c.dies, at)
		}
	}
	for _, o := range w.Outages {
		if at := time.Duration(o.At); at > now {
			c.dies = min(c.dies, at)
		}
	}
	f := &p.fakes
	f.has[c] = true
	f.peak = max(f.peak, f.count(now))
}

// count returns how many connections the server has. The lock is held.
func (f *fakes) count(now time.Duration) int {
	for c := range f.has {
		if !f.alive(c, now) {
			delete(f.has, c)
		}
	}
	return len(f.has)
}

// disconnect notes that the pool closes a connection, so the server no longer has it.
func (f *fakes) disconnect(c *conn) {
	f.Lock()
	defer f.Unlock()
	delete(f.has, c)
}

// takesNone reports whether the server accepts no connection now. It counts an opening that
// is refused because of the maximum. The lock is held.
func (p *player) takesNone(now time.Duration) bool {
	w := &p.whole.World
	for _, o := range w.Outages {
		if time.Duration(o.At) <= now && now < time.Duration(o.At+o.For) {
			return true
		}
	}
	if w.MaxConnections == 0 || p.fakes.count(now) < w.MaxConnections {
		return false
	}
	p.fakes.refused++
	return true
}

// dialFake opens a connection. As in the simulation, the server is asked at the end of an
// opening. If failing openings take their own time, it is also asked at the beginning.
func (p *player) dialFake(ctx context.Context, takes time.Duration) (*conn, error) {
	hangs, began := !p.whole.World.FailLatency.IsZero(), p.clock.now()
	if hangs && !p.ask(nil, true) {
		if err := p.pauseWithin(ctx, p.failing(began)); err != nil {
			return nil, err
		}
		return nil, errRefused
	}
	if err := p.pauseWithin(ctx, takes); err != nil {
		return nil, err
	}
	c := new(conn)
	if p.ask(c, !hangs) {
		return c, nil
	}
	if hangs {
		now := p.clock.now()
		p.pause(p.failing(now) - (now - began))
	}
	return nil, errRefused
}

// ask reports whether the server accepts a connection. If so, it notes c, which may be nil.
// With chance, the opening may also fail by chance.
func (p *player) ask(c *conn, chance bool) bool {
	now := p.clock.now()
	p.mu.Lock()
	failed := chance && p.draws.FailsToOpen()
	p.mu.Unlock()
	p.fakes.Lock()
	defer p.fakes.Unlock()
	if p.takesNone(now) || failed {
		return false
	}
	if c != nil {
		p.connect(c, now)
	}
	return true
}

// failing returns how long a failing opening takes.
func (p *player) failing(now time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.draws.Slowed(now, p.draws.Failing())
}

// useFake holds a connection, and has the server work if that has a queue, until the deadline if
// there is one. The holder of a dead connection notices that after a time.
func (p *player) useFake(c *conn, granted time.Duration, d drawn, deadline time.Duration) (late time.Duration, err error) {
	alive, hold := p.fakes.isAlive(c, granted), time.Duration(0)
	p.mu.Lock()
	switch {
	case alive && p.visits != nil:
		hold = d.part(d.hold)
	case alive:
		hold = d.part(p.draws.Served(granted, d.hold))
	default:
		hold, err = p.draws.Noticing(), errDead
	}
	p.mu.Unlock()
	end := granted + hold
	if deadline > 0 && deadline <= end {
		end = max(deadline, granted)
		if err == nil {
			err = context.DeadlineExceeded
		}
	}
	p.clock.sleep(end)
	late = max(0, p.clock.now()-end)
	if err == nil && p.visits != nil && d.end != panics && p.fakes.isAlive(c, end) {
		err = p.visits.visit(d.service, deadline)
		end = p.clock.now()
	}
	if err == nil && d.end == releases && !p.fakes.isAlive(c, end) {
		err = errDead
		p.mu.Lock()
		end = max(end, c.dies+p.draws.Noticing())
		p.mu.Unlock()
		if deadline > 0 {
			end = min(end, deadline)
		}
		p.clock.sleep(end)
	}
	return late, err
}

// testFake tests a connection. A dead one takes longer, and fails.
func (p *player) testFake(ctx context.Context, c *conn) error {
	now := p.clock.now()
	alive := p.takesInUse(c, now)
	p.mu.Lock()
	takes := p.draws.Served(now, p.draws.Testing())
	if !alive {
		takes = max(takes, p.draws.Noticing())
	}
	p.mu.Unlock()
	cut := p.pauseWithin(ctx, takes)
	p.mu.Lock()
	failed := p.draws.FailsTest()
	p.mu.Unlock()
	now = p.clock.now()
	alive = p.fakes.isAlive(c, now)
	p.fakes.hears(c, now)
	switch {
	case cut != nil:
		return cut
	case failed || !alive:
		return errDead
	}
	return nil
}
