package redispool_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

// TestMendR8CloseIsBounded returns connections with outstanding replies that never come. Dial sets no read timeout, which
// is redigo's default.
func TestMendR8CloseIsBounded(t *testing.T) {
	leave := map[string][][]any{
		"replies are off":     {{"CLIENT", "REPLY", "OFF"}, {"PING"}},
		"replies are skipped": {{"CLIENT", "REPLY", "SKIP"}, {"PING"}},
		"in any case":         {{"client", "reply", []byte("off")}, {"PING"}},
		"a blocking command":  {{"BLPOP", "nothing", 0}},
		"blocked and cleanup": {{"WATCH", "key"}, {"BLPOP", "nothing", 0}},
	}
	for name, commands := range leave {
		t.Run(name, func(t *testing.T) {
			addr := redistest.Start(t).Addr()
			// redigo's Close waits until this client makes the server end the connection.
			outside := client(t, addr)
			mended(t, "Close hangs", func(t *testing.T, pool maker) string {
				p := pool(fields{Dial: dialTo(addr), MaxIdle: 1},
					func(p *redispool.Pool) { p.CleanupTimeout = 10 * time.Millisecond })
				defer p.Close()
				c := get(t, p)
				for _, cmd := range commands {
					c.Send(cmd[0].(string), cmd[1:]...)
				}
				return closeOrHang(t, p, c, func() { do(t, outside, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes") })
			})
		})
	}
	t.Run("a server that stalls", func(t *testing.T) {
		s := redistest.Start(t)
		mended(t, "Close hangs", func(t *testing.T, pool maker) string {
			p := pool(fields{Dial: dialTo(s.Addr()), MaxIdle: 1},
				func(p *redispool.Pool) { p.CleanupTimeout = 10 * time.Millisecond })
			defer p.Close()
			c := get(t, p)
			c.Send("PING")
			s.Pause()
			defer s.Resume()
			return closeOrHang(t, p, c, s.Resume)
		})
	})
}

// closeOrHang closes a connection. A test cannot wait forever: it gives redigo's pool a long time before it counts as
// hanging, and sets no limit for ours.
func closeOrHang(t *testing.T, p pooler, c redis.Conn, release func()) string {
	t.Helper()
	var patience <-chan time.Time
	if !isOurs(p) {
		patience = time.After(50 * time.Millisecond)
	}
	closed := make(chan struct{})
	go func() {
		c.Close()
		close(closed)
	}()
	select {
	case <-closed:
		counts(t, p, 0, 0)
		return ""
	case <-patience:
		release()
		<-closed
		return "Close hangs"
	}
}

// silent is a server that does not answer some commands.
func silent(cmds ...string) func(*stub, string, []any) any {
	return func(c *stub, cmd string, _ []any) any {
		for _, s := range cmds {
			if s == cmd {
				<-c.closed
				return errors.New("stub: closed while reading")
			}
		}
		return nil
	}
}

// TestMendR8CleanupTimeoutIsExact is the same in virtual time, so it can check the exact duration.
func TestMendR8CleanupTimeoutIsExact(t *testing.T) {
	for _, c := range []struct {
		name  string
		field time.Duration
		want  time.Duration
	}{
		{"by default", 0, 3 * time.Second},
		{"as configured", time.Second, time.Second},
		{"no bound", -1, 1000 * time.Hour}, // the test ends the wait
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stubs{answer: silent("BLPOP")}
				p := newOurs(fields{Dial: s.dial, MaxIdle: 1}, func(p *redispool.Pool) { p.CleanupTimeout = c.field })
				conn := get(t, p)
				conn.Send("BLPOP", "nothing", 0)
				time.AfterFunc(1000*time.Hour, func() { s.last().Close() })
				begin := time.Now()
				conn.Close()
				if took := time.Since(begin); took != c.want {
					t.Errorf("Close took %v, want %v", took, c.want)
				}
				counts(t, p, 0, 0)
			})
		})
	}
}
