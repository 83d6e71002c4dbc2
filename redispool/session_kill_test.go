package redispool_test

import (
	"testing"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

// TestClientKillOfItself lets borrowers close their own connection with CLIENT KILL. The server answers the command and then
// closes the connection, which shows no error until somebody uses it.
func TestClientKillOfItself(t *testing.T) {
	s := redistest.Start(t)
	suicide := []any{"KILL", "TYPE", "normal", "SKIPME", "no"}
	for name, kill := range map[string]func(redis.Conn){
		"Do":               func(c redis.Conn) { c.Do("CLIENT", suicide...) },
		"Send":             func(c redis.Conn) { c.Send("CLIENT", suicide...) },
		"Send and Receive": func(c redis.Conn) { c.Send("client", suicide...); c.Flush(); c.Receive() },
		"a transaction":    func(c redis.Conn) { c.Send("MULTI"); c.Send("CLIENT", suicide...); c.Do("EXEC") },
	} {
		for _, keep := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				p := &redispool.Pool{MaxIdle: 1, MaxActive: 1, KeepSession: keep}
				p.Dial = func() (redis.Conn, error) { return redis.Dial("tcp", s.Addr()) }
				defer p.Close()
				c := get(t, p)
				kill(c)
				c.Close()
				c = get(t, p)
				defer c.Close()
				if _, err := c.Do("PING"); err != nil {
					t.Errorf("KeepSession %v: the next borrower: %v", keep, err)
				}
			})
		}
	}
	t.Run("of another", func(t *testing.T) {
		p := &redispool.Pool{MaxIdle: 1, MaxActive: 1}
		p.Dial = func() (redis.Conn, error) { return redis.Dial("tcp", s.Addr()) }
		defer p.Close()
		for range 2 {
			c := get(t, p)
			do(t, c, "CLIENT", "KILL", "TYPE", "pubsub")
			put(t, c)
		}
		if n := p.ResourceStats().Opened; n != 1 {
			t.Errorf("%d connections were dialed, want 1", n)
		}
	})
}
