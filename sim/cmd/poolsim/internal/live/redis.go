package live

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/resource/alive"
	"github.com/respool/respool/sim"
)

// A real Redis stands for a worker of the server: it executes one command at a time. DEBUG
// SLEEP keeps it busy for as long as a visit takes.

// connectServer makes the proxies between the pools and the Redis servers, or the queue of a
// server of fakes.
func (r *run) connectServer(o *Options) error {
	if len(o.Redis) == 0 {
		r.visits = r.newVisits()
		return nil
	}
	f, err := newFront(o.Redis, r.whole.World.Server.Contention, o.Early)
	if err != nil {
		return err
	}
	f.adapt()
	pace := sim.NewSampler(r.whole)
	f.slowed = func(d time.Duration) time.Duration { return pace.Slowed(r.clock.now(), d) }
	r.front, r.redis = f, f.addr()
	w := &r.whole.World
	if len(w.Stalls) > 0 || len(w.Restarts) > 0 || len(w.Outages) > 0 || w.MaxConnections > 0 {
		x, err := newProxy(r.redis, r.clock, w)
		if err != nil {
			r.disconnectServer()
			return err
		}
		r.proxy, r.redis = x, x.addr()
	}
	return nil
}

func (r *run) disconnectServer() {
	if r.visits != nil {
		r.visits.all.Wait()
	}
	if r.proxy != nil {
		r.proxy.close()
	}
	if r.front != nil {
		r.front.close()
	}
}

// dialRedis connects to the server, through the proxy if there is one.
func (p *player) dialRedis(ctx context.Context) (*conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", p.redis)
	if err != nil {
		return nil, err
	}
	if p.proxy != nil {
		if err := awaitGreeting(ctx, c); err != nil {
			c.Close()
			return nil, err
		}
	}
	return &conn{redis: redis.NewConn(c, 0, 0), socket: alive.New(c)}, nil
}

// visit keeps the server busy for a time. It returns an error if there is no answer before
// the deadline, which may be zero.
func (p *player) visit(c redis.Conn, service, deadline time.Duration) error {
	left := time.Duration(0)
	if deadline > 0 {
		if left = deadline - p.clock.now(); left <= 0 {
			return context.DeadlineExceeded
		}
	}
	return debugSleep(c, left, service)
}

// debugSleep makes a Redis sleep. A timeout of zero does not bound it.
func debugSleep(c redis.Conn, timeout, d time.Duration) error {
	_, err := redis.DoWithTimeout(c, timeout, "DEBUG", "SLEEP", fmt.Sprintf("%.6f", d.Seconds()))
	return err
}
