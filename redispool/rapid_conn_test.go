package redispool_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"
)

// rapidConn is a dialed connection of a world. It records everything that a pool and its borrowers do with it.
type rapidConn struct {
	w    *rapidWorld
	n    int // in the order of dialing
	born time.Time

	inner redis.Conn // a rapidFake, or redigo's own
	sever func()     // breaks the connection from outside

	// The rest is guarded by w.mu.

	owed      int // replies that are due, as redigo counts them
	log       []string
	closed    int
	sick      bool // fails every test from now on
	severed   bool // sever was called, but the connection may not have noticed yet
	condemned bool // R13b: redigo's pool refuses it when it comes back
	retired   bool // its commands are not compared from now on
}

// rapidPlainConn hides the optional interfaces of a connection.
type rapidPlainConn struct{ redis.Conn }

var (
	_ redis.ConnWithTimeout = (*rapidConn)(nil)
	_ redis.ConnWithContext = (*rapidConn)(nil)
)

// note records a call that reaches the connection; no call reaches a broken one. due says how the call changes the number
// of replies that are due.
func (c *rapidConn) note(due func(int) int, format string, args ...any) {
	broken := c.inner.Err() != nil
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	c.owed = due(c.owed)
	if !broken && !c.retired {
		c.log = append(c.log, fmt.Sprintf(format, args...))
	}
}

// rapidRead is the record of a Do without a command.
const rapidRead = "Do "

func noneDue(int) int    { return 0 }
func oneMore(n int) int  { return n + 1 }
func oneLess(n int) int  { return max(n-1, 0) }
func asBefore(n int) int { return n }

// dead reports whether the connection cannot be used.
func (c *rapidConn) dead() bool { return c.severed || c.inner.Err() != nil }

func (c *rapidConn) due() int {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	return c.owed
}

// shown returns a command as the log shows it. Each pool has its own sentinel that ends a subscription.
func shown(cmd string, args []any) string {
	if cmd == "ECHO" && !slices.Contains(args, any("x")) {
		return "ECHO sentinel"
	}
	return strings.TrimSpace(fmt.Sprintln(append([]any{cmd}, args...)...))
}

func (c *rapidConn) Close() error {
	c.w.mu.Lock()
	c.closed++
	c.w.mu.Unlock()
	return c.inner.Close()
}

func (c *rapidConn) Err() error {
	c.w.mu.Lock()
	c.w.asked = c.n
	condemned := c.condemned
	c.w.mu.Unlock()
	if condemned {
		return errRapidBroken
	}
	return c.inner.Err()
}

// Do without a command reads the replies that are due. If none is due it does nothing and is not recorded, because then
// each pool may or may not call it.
func (c *rapidConn) Do(cmd string, args ...any) (any, error) {
	if cmd != "" || c.due() > 0 {
		c.note(noneDue, rapidRead+"%s", shown(cmd, args))
	}
	return c.inner.Do(cmd, args...)
}

func (c *rapidConn) DoWithTimeout(d time.Duration, cmd string, args ...any) (any, error) {
	c.note(noneDue, "DoWithTimeout %v %s", d, shown(cmd, args))
	return redis.DoWithTimeout(c.inner, d, cmd, args...)
}

func (c *rapidConn) DoContext(ctx context.Context, cmd string, args ...any) (any, error) {
	c.note(noneDue, "DoContext %v %s", ctx.Err(), shown(cmd, args))
	return redis.DoContext(c.inner, ctx, cmd, args...)
}

func (c *rapidConn) Send(cmd string, args ...any) error {
	c.note(oneMore, "Send %s", shown(cmd, args))
	return c.inner.Send(cmd, args...)
}

func (c *rapidConn) Flush() error {
	c.note(asBefore, "Flush")
	return c.inner.Flush()
}

func (c *rapidConn) Receive() (any, error) {
	c.note(oneLess, "Receive")
	return c.inner.Receive()
}

func (c *rapidConn) ReceiveWithTimeout(d time.Duration) (any, error) {
	c.note(oneLess, "ReceiveWithTimeout %v", d)
	return redis.ReceiveWithTimeout(c.inner, d)
}

func (c *rapidConn) ReceiveContext(ctx context.Context) (any, error) {
	c.note(oneLess, "ReceiveContext %v", ctx.Err())
	return redis.ReceiveContext(c.inner, ctx)
}
