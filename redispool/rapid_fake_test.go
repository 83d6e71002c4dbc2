package redispool_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/gomodule/redigo/redis"
)

var (
	errRapidTimeout = errors.New("rapid: no reply in time")
	errRapidEnded   = errors.New("rapid: connection closed by its owner")
)

// rapidFake is a connection together with its server. It pairs commands and replies as redigo's own connection does: a
// script may leave replies unread, and the next borrower must not find them. Where a real connection would block, rapidFake
// times out and is broken.
type rapidFake struct {
	like redis.Conn // makes the pool treat it as a wrapper of redigo's connection

	mu      sync.Mutex
	err     error
	pending int   // number of commands sent whose replies were not read
	replies []any // replies on their way, including messages of subscriptions

	subscribed, inMulti bool
}

var (
	_ redis.ConnWithTimeout = (*rapidFake)(nil)
	_ redis.ConnWithContext = (*rapidFake)(nil)
)

func (f *rapidFake) fatal(err error) error {
	if f.err == nil {
		f.err = err
	}
	return f.err
}

func (f *rapidFake) breakDown(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fatal(err)
}

// publish delivers a message, if the connection is subscribed to anything.
func (f *rapidFake) publish(message string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.subscribed {
		f.replies = append(f.replies, []any{"message", message})
	}
}

func (f *rapidFake) Close() error {
	f.breakDown(errRapidEnded)
	return nil
}

func (f *rapidFake) Err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

func (f *rapidFake) Send(cmd string, args ...any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pending++
	if f.err == nil {
		f.serve(cmd, args)
	}
	return f.err
}

func (f *rapidFake) Flush() error { return f.Err() }

func (f *rapidFake) Do(cmd string, args ...any) (any, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.pending
	f.pending = 0
	if cmd == "" && n == 0 {
		return nil, nil
	}
	if f.err != nil {
		return nil, f.err
	}
	if cmd != "" {
		f.serve(cmd, args)
		n++
	}
	if len(f.replies) < n {
		return nil, f.fatal(errRapidTimeout)
	}
	read := f.replies[:n:n]
	f.replies = f.replies[n:]
	if cmd == "" {
		return read, nil
	}
	for _, reply := range read {
		if err, ok := reply.(redis.Error); ok {
			return read[n-1], err
		}
	}
	return read[n-1], nil
}

func (f *rapidFake) DoWithTimeout(_ time.Duration, cmd string, args ...any) (any, error) {
	return f.Do(cmd, args...)
}

func (f *rapidFake) DoContext(ctx context.Context, cmd string, args ...any) (any, error) {
	if err := ctx.Err(); err != nil {
		f.breakDown(err)
		return nil, err
	}
	return f.Do(cmd, args...)
}

func (f *rapidFake) Receive() (any, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return nil, f.err
	}
	if len(f.replies) == 0 {
		return nil, f.fatal(errRapidTimeout)
	}
	reply := f.replies[0]
	f.replies = f.replies[1:]
	f.pending = max(f.pending-1, 0)
	if err, ok := reply.(redis.Error); ok {
		return nil, err
	}
	return reply, nil
}

func (f *rapidFake) ReceiveWithTimeout(time.Duration) (any, error) { return f.Receive() }

func (f *rapidFake) ReceiveContext(ctx context.Context) (any, error) {
	if err := ctx.Err(); err != nil {
		f.breakDown(err)
		return nil, err
	}
	return f.Receive()
}

// serve is the server, as far as it makes a difference to a pool.
func (f *rapidFake) serve(cmd string, args []any) {
	reply := func(r any) { f.replies = append(f.replies, r) }
	switch cmd = strings.ToUpper(cmd); {
	case cmd == "FAIL":
		reply(redis.Error("ERR as you wish"))
	case cmd == "ECHO":
		switch text := args[0].(type) {
		case string:
			reply([]byte(text))
		case []byte:
			reply(text)
		}
	case strings.HasSuffix(cmd, "UNSUBSCRIBE"):
		f.subscribed = false
		reply([]any{cmd, nil, int64(0)})
	case strings.HasSuffix(cmd, "SUBSCRIBE"):
		f.subscribed = true
		reply([]any{cmd, args[0], int64(1)})
	case cmd == "MULTI":
		f.inMulti = true
		reply("OK")
	case cmd == "EXEC" && f.inMulti:
		f.inMulti = false
		reply([]any{"OK", redis.Error("ERR one of them failed")})
	case cmd == "DISCARD" && f.inMulti:
		f.inMulti = false
		reply("OK")
	case cmd == "EXEC", cmd == "DISCARD":
		reply(redis.Error("ERR " + cmd + " without MULTI"))
	case f.inMulti:
		reply("QUEUED")
	default:
		if cmd == "PING" {
			reply("PONG")
			return
		}
		reply(cmd + " done")
	}
}
