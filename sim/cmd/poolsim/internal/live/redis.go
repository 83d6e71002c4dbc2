package live

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/gomodule/redigo/redis"
)

// A real Redis stands for a worker of the server: it executes one command at a time. DEBUG
// SLEEP has it work for as long as a visit takes.

// connectServer makes the proxies between the pool and the Redis servers.
func (p *player) connectServer(o *Options) error {
	if len(o.Redis) == 0 {
		return nil
	}
	f, err := newFront(o.Redis, p.sc.World.Server.Contention, o.Early)
	if err != nil {
		return err
	}
	p.front, p.redis = f, f.addr()
	if len(p.sc.World.Stalls) > 0 {
		x, err := newProxy(p.redis, p.clock, p.sc.World.Stalls)
		if err != nil {
			p.disconnectServer()
			return err
		}
		p.proxy, p.redis = x, x.addr()
	}
	return nil
}

func (p *player) disconnectServer() {
	if p.proxy != nil {
		p.proxy.close()
	}
	if p.front != nil {
		p.front.close()
	}
}

// dialRedis connects to the server, through the proxy if there is one.
func (p *player) dialRedis(ctx context.Context) (redis.Conn, error) {
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
	return redis.NewConn(c, 0, 0), nil
}

// visit has the server work for a time. It returns an error if there is no answer before
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

// debugSleep has a Redis sleep. A timeout of zero does not bound it.
func debugSleep(c redis.Conn, timeout, d time.Duration) error {
	_, err := redis.DoWithTimeout(c, timeout, "DEBUG", "SLEEP", fmt.Sprintf("%.6f", d.Seconds()))
	return err
}
