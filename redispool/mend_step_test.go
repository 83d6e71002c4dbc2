package redispool_test

import (
	"bufio"
	"net"
	"strings"
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

// TestPingOfARefusedCommand has servers that refuse PING, and perhaps more.
func TestPingOfARefusedCommand(t *testing.T) {
	const misconf, busy, noperm = "MISCONF Redis is configured to save", "BUSY Redis is busy", "NOPERM this user has no permissions"
	echoes := func(args []any) any { return args[0] }
	says := func(reply string) func([]any) any { return func([]any) any { return redis.Error(reply) } }
	for name, server := range map[string]struct {
		ping, echo func(args []any) any
		passes     bool
	}{
		"cannot save":                   {says(misconf), echoes, true},
		"ECHO of another":               {says(misconf), func([]any) any { return []byte("another") }, false},
		"neither is served":             {says(misconf), says(misconf), false},
		"ECHO is refused by a farewell": {says(misconf), says("ERR max number of clients reached"), false},
		"a script runs":                 {says(busy), says(busy), true},
		"may not send PING":             {says(noperm), echoes, true},
		"may send neither":              {says(noperm), says(noperm), true},
		"not BUSY but the like":         {says("BUSYGROUP exists"), says("BUSYGROUP exists"), false},
		"does not know PING":            {says("ERR unknown command"), echoes, true},
		"knows neither":                 {says("ERR unknown command"), says("ERR unknown command"), true},
		"another error to both":         {says("ERR syntax error"), says("ERR syntax error"), false},
		"loading":                       {says("LOADING Redis is loading"), echoes, false},
		"without a password":            {says("NOAUTH Authentication required."), echoes, false},
	} {
		s := &stubs{answer: func(_ *stub, cmd string, args []any) any {
			if cmd == "PING" {
				return server.ping(args)
			}
			return server.echo(args)
		}}
		c, _ := s.dial()
		if err := redispool.TestPing(0)(t.Context(), c, time.Time{}); (err == nil) != server.passes {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The stray reply to an earlier command is an error: the answer to ECHO is then that to PING.
	var last any = redis.Error("MISCONF left over")
	s := &stubs{answer: func(_ *stub, _ string, args []any) any {
		reply := last
		last = args[0]
		return reply
	}}
	c, _ := s.dial()
	if err := redispool.TestPing(0)(t.Context(), c, time.Time{}); err == nil || !strings.Contains(err.Error(), "reply to another command") {
		t.Error("out of step: ", err)
	}
}
