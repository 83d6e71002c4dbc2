package redispool_test

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

// timeless is a context that has ended and has no error.
type timeless struct{ context.Context }

func (timeless) Err() error { return nil }

// TestGetWithoutContextError gets connections with a context that has ended and has no error. A nil error would stand for a
// connection.
func TestGetWithoutContextError(t *testing.T) {
	for name, p := range map[string]*redispool.Pool{
		"dial":         {MaxIdle: 1},
		"test":         {MaxIdle: 1, TestOnBorrow: func(redis.Conn, time.Time) error { time.Sleep(time.Minute); return nil }},
		"test command": {MaxIdle: 1, TestOnBorrow: func(c redis.Conn, _ time.Time) error { _, err := c.Do("GET", "slow"); return err }},
		"question":     {MaxIdle: 1},
		"limit":        {MaxActive: 1, Wait: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				slow := false
				s := stubs{refuse: func() error {
					if slow {
						time.Sleep(time.Minute)
					}
					return nil
				}, answer: loading(func(c *stub) any {
					select {
					case <-c.closed:
					case <-time.After(time.Minute):
					}
					return io.EOF
				})}
				p.Dial = s.dial
				var held redis.Conn
				switch name {
				case "question":
					doubtful(t, p)
				case "limit":
					held = get(t, p)
				case "dial":
				default:
					idle(t, p, 1)
				}
				slow = true
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				c, err := p.GetContext(timeless{ctx})
				if err != context.Canceled || c.Err() != err {
					t.Errorf("error %v, and %v from the connection", err, c.Err())
				}
				if held != nil {
					put(t, held)
				}
				time.Sleep(time.Hour)
				p.Close()
				synctest.Wait()
				s.settle(t)
			})
		})
	}
}
