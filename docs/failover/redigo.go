package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/gomodule/redigo/redis"
)

// connPool is redigo's pool, or one of its shape.
type connPool interface {
	GetContext(ctx context.Context) (redis.Conn, error)
	Close() error
}

// connClient is a client that borrows a connection for each command.
type connClient struct {
	pool  connPool
	count func() counts
	end   func()
}

func (c *connClient) set(ctx context.Context, key, value string) (string, error) {
	return redis.String(c.do(ctx, "SET", key, value))
}

func (c *connClient) get(ctx context.Context, key string) (string, error) {
	value, err := redis.String(c.do(ctx, "GET", key))
	if errors.Is(err, redis.ErrNil) {
		return "", nil
	}
	return value, err
}

func (c *connClient) do(ctx context.Context, command string, args ...any) (any, error) {
	conn, err := c.pool.GetContext(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.Do(command, args...)
}

func (c *connClient) counts() counts { return c.count() }

func (c *connClient) close() {
	c.pool.Close()
	if c.end != nil {
		c.end()
	}
}

func dialOptions(d *dialer) []redis.DialOption {
	return []redis.DialOption{
		redis.DialContextFunc(d.DialContext), redis.DialConnectTimeout(timeout), redis.DialReadTimeout(timeout), redis.DialWriteTimeout(timeout),
	}
}

// askForMaster is a Dial as users of redigo write it: it asks one sentinel after the other
// who the master is, connects, and looks whether that server is a master.
func askForMaster(sentinels []string, options []redis.DialOption) func() (redis.Conn, error) {
	return func() (redis.Conn, error) {
		addr, err := masterAddr(sentinels, options)
		if err != nil {
			return nil, err
		}
		c, err := redis.Dial("tcp", addr, options...)
		if err != nil {
			return nil, err
		}
		if err := isMaster(c); err != nil {
			c.Close()
			return nil, err
		}
		return c, nil
	}
}

func masterAddr(sentinels []string, options []redis.DialOption) (string, error) {
	var failed []error
	for _, addr := range sentinels {
		answer, err := askSentinel(addr, options)
		if err == nil {
			return answer, nil
		}
		failed = append(failed, err)
	}
	return "", errors.Join(failed...)
}

func askSentinel(addr string, options []redis.DialOption) (string, error) {
	c, err := redis.Dial("tcp", addr, options...)
	if err != nil {
		return "", err
	}
	defer c.Close()
	answer, err := redis.Strings(c.Do("SENTINEL", "get-master-addr-by-name", masterName))
	if err != nil {
		return "", err
	}
	if len(answer) != 2 {
		return "", fmt.Errorf("the sentinel answers %q", answer)
	}
	return net.JoinHostPort(answer[0], answer[1]), nil
}

func isMaster(c redis.Conn) error {
	role, err := redis.Values(c.Do("ROLE"))
	if err != nil {
		return err
	}
	if name, err := redis.String(role[0], nil); err != nil || name != "master" {
		return fmt.Errorf("not a master but %q", name)
	}
	return nil
}

// redigoContender is redigo's pool; with sentinels, the usual recipe for its Dial.
func redigoContender() contender {
	return contender{
		name: "redigo",
		alone: func(addr string, size int, d *dialer) (client, error) {
			return redigoClient(&redis.Pool{Dial: func() (redis.Conn, error) { return redis.Dial("tcp", addr, dialOptions(d)...) }}, size), nil
		},
		sentinel: func(addrs []string, size int, d *dialer) (client, error) {
			return redigoClient(&redis.Pool{Dial: askForMaster(addrs, dialOptions(d))}, size), nil
		},
	}
}

// redigoTestingContender tests each idle connection when it is borrowed: with sentinels the
// role of its server, otherwise whether it answers.
func redigoTestingContender() contender {
	return contender{
		name: "redigo-testing",
		alone: func(addr string, size int, d *dialer) (client, error) {
			return redigoClient(&redis.Pool{
				Dial:         func() (redis.Conn, error) { return redis.Dial("tcp", addr, dialOptions(d)...) },
				TestOnBorrow: func(c redis.Conn, _ time.Time) error { _, err := c.Do("PING"); return err },
			}, size), nil
		},
		sentinel: func(addrs []string, size int, d *dialer) (client, error) {
			return redigoClient(&redis.Pool{
				Dial:         askForMaster(addrs, dialOptions(d)),
				TestOnBorrow: func(c redis.Conn, _ time.Time) error { return isMaster(c) },
			}, size), nil
		},
	}
}

func redigoClient(p *redis.Pool, size int) client {
	p.MaxIdle, p.MaxActive, p.Wait = size, size, true
	return &connClient{pool: p, count: func() counts {
		st := p.Stats()
		return counts{open: st.ActiveCount, leased: st.ActiveCount - st.IdleCount, waiting: unknown}
	}}
}
