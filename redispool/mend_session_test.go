package redispool_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/redistest"
)

// TestMendR31WatchEndsWithItsBorrower lets the server refuse the command that would have ended a WATCH.
func TestMendR31WatchEndsWithItsBorrower(t *testing.T) {
	addr := redistest.Start(t).Addr()
	for name, script := range map[string]func(c redis.Conn){
		"EXEC refused":          func(c redis.Conn) { c.Do("EXEC") },
		"DISCARD refused":       func(c redis.Conn) { redis.DoContext(c, t.Context(), "DISCARD") },
		"UNWATCH refused":       func(c redis.Conn) { redis.DoWithTimeout(c, 0, "UNWATCH", "key") },
		"EXEC sent and refused": func(c redis.Conn) { c.Send("EXEC") },
		"EXEC in a pipeline":    func(c redis.Conn) { c.Send("EXEC"); c.Do("PING") },
		"EXEC and what it got":  func(c redis.Conn) { c.Send("EXEC"); c.Flush(); c.Receive() },
	} {
		t.Run(name, func(t *testing.T) {
			mended(t, "the next transaction fails", func(t *testing.T, pool maker) string {
				p := pool(fields{Dial: dialTo(addr), MaxIdle: 1})
				defer p.Close()
				c := get(t, p)
				do(t, c, "WATCH", "watched")
				script(c)
				c.Close()
				do(t, client(t, addr), "INCR", "watched")

				c = get(t, p)
				defer c.Close()
				do(t, c, "MULTI")
				do(t, c, "PING")
				switch reply, err := c.Do("EXEC"); {
				case err != nil:
					return err.Error()
				case reply == nil:
					return "the next transaction fails"
				}
				return ""
			})
		})
	}
}

// leaver is a connection on which a call goes on in the background after its context has ended, as on redigo's.
type leaver struct {
	redis.Conn // redigo's, never used

	hushed bool // it has no error after a call that was left

	mu    sync.Mutex
	left  bool
	calls []string // since then
	err   error
}

func (c *leaver) note(call string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left {
		c.calls = append(c.calls, call)
	}
}

func (c *leaver) DoContext(ctx context.Context, cmd string, _ ...any) (any, error) {
	c.note(cmd)
	if ctx.Err() == nil && !c.hushed {
		return "OK", nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left = true; !c.hushed {
		c.err = ctx.Err()
	}
	return nil, ctx.Err()
}

func (c *leaver) ReceiveContext(ctx context.Context) (any, error) { return c.DoContext(ctx, "Receive") }

func (c *leaver) Do(cmd string, _ ...any) (any, error) { c.note("Do " + cmd); return "OK", c.Err() }
func (c *leaver) Send(cmd string, _ ...any) error      { c.note("Send " + cmd); return c.Err() }
func (c *leaver) Flush() error                         { c.note("Flush"); return c.Err() }
func (c *leaver) Close() error                         { return nil }

func (c *leaver) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// TestMendR32NothingIsSentBesideACallThatWasLeft returns a connection on which redigo may still be writing, and goes on
// using another one.
func TestMendR32NothingIsSentBesideACallThatWasLeft(t *testing.T) {
	for name, leave := range map[string]func(context.Context, redis.Conn) error{
		"DoContext": func(ctx context.Context, c redis.Conn) error {
			_, err := redis.DoContext(c, ctx, "GET", "key")
			return err
		},
		"ReceiveContext": func(ctx context.Context, c redis.Conn) error {
			_, err := redis.ReceiveContext(c, ctx)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			mended(t, "redigo's connection is used beside a call", func(t *testing.T, pool maker) string {
				inner := &leaver{Conn: redis.NewConn(nil, 0, 0)}
				p := pool(fields{Dial: func() (redis.Conn, error) { return inner, nil }, MaxIdle: 1})
				defer p.Close()
				c := get(t, p)
				do(t, c, "WATCH", "key")
				if err := leave(endedContext(t), c); err != context.Canceled {
					t.Fatal(err)
				}
				if _, err := c.Do("SELECT", 1); err != context.Canceled {
					t.Errorf("the next command: %v", err)
				}
				if err := c.Send("SET", "key", "value"); err != context.Canceled {
					t.Errorf("the next Send: %v", err)
				}
				c.Close()
				counts(t, p, 0, 0)
				if len(inner.calls) > 0 {
					return "redigo's connection is used beside a call"
				}
				return ""
			})
		})
	}
}

// TestCallThatWasLeftUnnoticed uses connections that have no error after a call that was left: a wrapper that returns
// when the context ends and does nothing else, and redigo's connection with a context that has no error.
func TestCallThatWasLeftUnnoticed(t *testing.T) {
	for name, ctx := range map[string]context.Context{"a wrapper": endedContext(t), "no error": timeless{endedContext(t)}} {
		for how, leave := range map[string]func(redis.Conn) (any, error){
			"DoContext":      func(c redis.Conn) (any, error) { return redis.DoContext(c, ctx, "GET", "key") },
			"ReceiveContext": func(c redis.Conn) (any, error) { return redis.ReceiveContext(c, ctx) },
		} {
			t.Run(name+" "+how, func(t *testing.T) {
				inner := &leaver{Conn: redis.NewConn(nil, 0, 0), hushed: true}
				p := newOurs(fields{Dial: func() (redis.Conn, error) { return inner, nil }, MaxIdle: 1})
				defer p.Close()
				c := get(t, p)
				if _, err := leave(c); err != ctx.Err() {
					t.Fatal(err)
				}
				if _, err := c.Do("GET", "key"); err == nil || !strings.Contains(err.Error(), "may still use the connection") {
					t.Errorf("the next command: %v", err)
				}
				c.Close()
				counts(t, p, 0, 0)
				if len(inner.calls) > 0 {
					t.Errorf("used beside a call: %v", inner.calls)
				}
			})
		}
	}
}

// TestSessionCallThatWasLeft is the same with redigo's own connection, for the race detector,
// and for the pool's CLIENT INFO.
func TestSessionCallThatWasLeft(t *testing.T) {
	addr := redistest.Start(t).Addr()
	p := newOurs(fields{Dial: dialTo(addr), MaxIdle: 1})
	defer p.Close()
	for i := range 300 {
		c := get(t, p)
		do(t, c, "WATCH", "key")
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		cmd := []string{"GET", "SELECT"}[i%2]
		if _, err := redis.DoContext(c, ctx, cmd, 1); err != nil && err != context.Canceled {
			t.Errorf("%s: %v", cmd, err)
		}
		c.Close()
		<-ctx.Done()
	}
}

// TestMendR33RepliesToUnsubscribe ends more subscriptions than there are. The server sends one reply for each.
func TestMendR33RepliesToUnsubscribe(t *testing.T) {
	addr := redistest.Start(t).Addr()
	for _, cmd := range []string{"UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE"} {
		t.Run(cmd, func(t *testing.T) {
			mended(t, "the next borrower gets another's reply", func(t *testing.T, pool maker) string {
				p := pool(fields{Dial: dialTo(addr), MaxIdle: 1})
				defer p.Close()
				c := get(t, p)
				do(t, c, cmd, "a", "b")
				put(t, c)
				counts(t, p, 1, 1)
				c = get(t, p)
				defer c.Close()
				if reply, err := redis.String(c.Do("ECHO", "mine")); reply != "mine" {
					t.Log(fmt.Sprint(reply, err))
					return "the next borrower gets another's reply"
				}
				return ""
			})
		})
	}
}
