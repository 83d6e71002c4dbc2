package redispool_test

import (
	"bufio"
	"net"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

// chatty is a server that answers OK to each line that begins a command, and sends an additional reply at the first one.
func chatty(t *testing.T, more string) (dial func() (redis.Conn, error)) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		extra := more
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			say := extra
			extra = ""
			go func() {
				defer c.Close()
				for in := bufio.NewScanner(c); in.Scan(); {
					if in.Text()[0] == '*' {
						c.Write([]byte("+OK\r\n" + say))
						say = ""
					}
				}
			}()
		}
	}()
	return dialTo(l.Addr().String())
}

func TestMendR34ReplyTooManyClosesTheConnection(t *testing.T) {
	mended(t, "the reply to nobody's command", func(t *testing.T, pool maker) string {
		p := pool(fields{Dial: chatty(t, "+SECRET\r\n"), MaxIdle: 1})
		defer p.Close()
		for range 3 {
			c := get(t, p)
			if reply := do(t, c, "SET", "key", "value"); reply != "OK" {
				return "the reply to nobody's command"
			}
			put(t, c)
		}
		return ""
	})
}

func TestMendR35FarewellIsNotPooled(t *testing.T) {
	mended(t, "a connection that the server has turned away is idle", func(t *testing.T, pool maker) string {
		s := stubs{answer: func(*stub, string, []any) any { return redis.Error("ERR max number of clients reached") }}
		p := pool(fields{Dial: s.dial, MaxIdle: 1})
		defer p.Close()
		c := get(t, p)
		c.Do("GET", "key")
		put(t, c)
		if p.IdleCount() > 0 {
			return "a connection that the server has turned away is idle"
		}
		return ""
	})
}

// TestPingComparesTheAnswer checks TestPing without a pool of ours, as redigo's pool can use it.
func TestPingComparesTheAnswer(t *testing.T) {
	test := redispool.TestPing(0)
	good := &stubs{}
	c, _ := good.dial()
	if err := test(t.Context(), c, time.Time{}); err != nil {
		t.Error(err)
	}
	bad := &stubs{answer: func(_ *stub, _ string, _ []any) any { return "PONG" }}
	c, _ = bad.dial()
	if err := test(t.Context(), c, time.Time{}); err == nil {
		t.Error("PONG is not the text that was sent")
	}
}
