package live

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/sim"
)

// A real Redis stands for a server with one worker: it executes one command at a time.
// DEBUG SLEEP has it work for as long as a visit takes.

// dialRedis connects to the server, through the proxy if there is one.
func (p *player) dialRedis(ctx context.Context) (redis.Conn, error) {
	addr := p.redis
	if p.proxy != nil {
		addr = p.proxy.addr()
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", addr)
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
	_, err := redis.DoWithTimeout(c, left, "DEBUG", "SLEEP", fmt.Sprintf("%.6f", service.Seconds()))
	return err
}

// CalibrateRedis measures by how much longer than asked for a visit takes on a server at
// addr that does nothing else.
func CalibrateRedis(addr string, n int, d time.Duration) (*sim.Histogram, error) {
	c, err := redis.Dial("tcp", addr, redis.DialConnectTimeout(time.Second))
	if err != nil {
		return nil, err
	}
	defer c.Close()
	late := new(sim.Histogram)
	for range n {
		begin := time.Now()
		if _, err := c.Do("DEBUG", "SLEEP", fmt.Sprintf("%.6f", d.Seconds())); err != nil {
			return nil, fmt.Errorf("%w (redis-server needs --enable-debug-command local)", err)
		}
		late.Add(time.Since(begin) - d)
	}
	return late, nil
}
