package redispool_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

// mock is a connection for tests, as some libraries have it: it knows the commands that the test expects, and records every
// other command.
type mock struct {
	expected   map[string]any // the reply, or an error
	unexpected []string
	queue      []string
	replies    []any
	closed     int
}

func (m *mock) call(cmd string) any {
	reply, ok := m.expected[cmd]
	if !ok {
		m.unexpected = append(m.unexpected, cmd)
		return fmt.Errorf("command %s is not registered", cmd)
	}
	return reply
}

func answered(reply any) (any, error) {
	if err, ok := reply.(error); ok {
		return nil, err
	}
	return reply, nil
}

func line(cmd string, args []any) string {
	return strings.TrimSpace(fmt.Sprintln(append([]any{cmd}, args...)...))
}

func (m *mock) Do(cmd string, args ...any) (any, error) {
	m.Flush()
	all := m.replies
	m.replies = nil
	for _, r := range all {
		if err, ok := r.(error); ok {
			return nil, err
		}
	}
	switch {
	case cmd != "":
		return answered(m.call(line(cmd, args)))
	case len(all) == 0:
		return nil, nil
	}
	return all, nil
}

func (m *mock) Send(cmd string, args ...any) error {
	m.queue = append(m.queue, line(cmd, args))
	return nil
}

func (m *mock) Flush() error {
	for _, cmd := range m.queue {
		m.replies = append(m.replies, m.call(cmd))
	}
	m.queue = nil
	return nil
}

func (m *mock) Receive() (any, error) {
	m.Flush()
	if len(m.replies) == 0 {
		return nil, errors.New("nothing more")
	}
	reply := m.replies[0]
	m.replies = m.replies[1:]
	return answered(reply)
}

func (m *mock) Err() error   { return nil }
func (m *mock) Close() error { m.closed++; return nil }

// TestKeepMocksAreSentNothingElse uses mocks as tests of redigo programs do. The pool must send no command that redigo's
// pool does not send.
func TestKeepMocksAreSentNothingElse(t *testing.T) {
	failed := errors.New("as the test wants it")
	for name, c := range map[string]struct {
		do       []string
		expected map[string]any // in addition to the commands in do
	}{
		"SELECT":            {do: []string{"SELECT 3", "GET key"}},
		"SELECT, sent":      {do: []string{"> SELECT 3", "> GET key", "<", "<"}},
		"AUTH":              {do: []string{"AUTH secret"}},
		"CLIENT SETNAME":    {do: []string{"CLIENT SETNAME me"}},
		"CLIENT TRACKING":   {do: []string{"CLIENT TRACKING ON"}},
		"READONLY":          {do: []string{"READONLY", "GET key"}},
		"ASKING":            {do: []string{"ASKING"}},
		"a transaction":     {do: []string{"> MULTI", "> SET key value", "EXEC"}},
		"one that fails":    {do: []string{"WATCH key", "MULTI", "EXEC"}, expected: map[string]any{"EXEC": failed}},
		"one that is left":  {do: []string{"WATCH key", "MULTI"}, expected: map[string]any{"DISCARD": "OK"}},
		"WATCH":             {do: []string{"WATCH key"}, expected: map[string]any{"UNWATCH": "OK"}},
		"WATCH that fails":  {do: []string{"WATCH key"}, expected: map[string]any{"WATCH key": failed, "UNWATCH": "OK"}},
		"WATCH and SELECT":  {do: []string{"WATCH key", "SELECT 3"}, expected: map[string]any{"UNWATCH": "OK"}},
		"a refused command": {do: []string{"SELECT 99"}, expected: map[string]any{"SELECT 99": redis.Error("ERR out of range")}},
	} {
		t.Run(name, func(t *testing.T) {
			kept(t, func(t *testing.T, pool maker) {
				m := &mock{expected: map[string]any{}}
				for _, cmd := range c.do {
					m.expected[strings.TrimPrefix(cmd, "> ")] = "OK"
				}
				for cmd, reply := range c.expected {
					m.expected[cmd] = reply
				}
				p := pool(fields{Dial: func() (redis.Conn, error) { return m, nil }, MaxIdle: 1})
				defer p.Close()
				for range 2 {
					conn := get(t, p)
					for _, cmd := range c.do {
						words := strings.Fields(strings.TrimPrefix(cmd, "> "))
						switch {
						case cmd == "<":
							conn.Receive()
						case cmd[0] == '>':
							conn.Send(words[0], arguments(words[1:])...)
						default:
							conn.Do(words[0], arguments(words[1:])...)
						}
					}
					conn.Close()
				}
				if len(m.unexpected) > 0 {
					t.Errorf("the mock was sent %q", m.unexpected)
				}
			})
		})
	}
}

// TestSessionMockDatabase sets Database, because the pool cannot ask a mock. The mock must then expect the undo.
func TestSessionMockDatabase(t *testing.T) {
	for _, c := range []struct {
		do     string
		closed int
		sent   []string
	}{
		{"SELECT 3", 0, []string{"SELECT 0"}},
		{"SELECT 0", 0, nil},
		{"CLIENT SETNAME x", 1, nil},
		{"ASKING", 1, nil},
	} {
		m := &mock{expected: map[string]any{c.do: "OK"}}
		p := newOurs(fields{Dial: func() (redis.Conn, error) { return m, nil }, MaxIdle: 1},
			func(p *redispool.Pool) { p.Database = new(int) })
		conn := get(t, p)
		words := strings.Fields(c.do)
		do(t, conn, words[0], arguments(words[1:])...)
		conn.Close()
		if !slices.Equal(m.unexpected, c.sent) {
			t.Errorf("%s: Close sent %q, want %q", c.do, m.unexpected, c.sent)
		}
		if len(c.sent) > 0 {
			c.closed = 1 // the mock did not know it
		}
		if m.closed != c.closed {
			t.Errorf("%s: closed %d times, want %d", c.do, m.closed, c.closed)
		}
		p.Close()
	}
}

// tracing and the types below wrap connections, as libraries do that trace commands.
type tracing struct {
	redis.Conn
	span string
}

type tracingWithContext struct {
	inner redis.ConnWithContext
	redis.ConnWithTimeout
}

func (c *tracingWithContext) Close() error                       { return c.inner.Close() }
func (c *tracingWithContext) Err() error                         { return c.inner.Err() }
func (c *tracingWithContext) Send(cmd string, args ...any) error { return c.inner.Send(cmd, args...) }
func (c *tracingWithContext) Flush() error                       { return c.inner.Flush() }
func (c *tracingWithContext) Receive() (any, error)              { return c.inner.Receive() }
func (c *tracingWithContext) Do(cmd string, args ...any) (any, error) {
	return c.inner.Do(cmd, args...)
}

// TestSessionOfWrappedConnections checks that the pool treats connections that wrap redigo's like redigo's own.
func TestSessionOfWrappedConnections(t *testing.T) {
	addr := redistest.Start(t).Addr()
	for name, wrap := range map[string]func(redis.Conn) redis.Conn{
		"none":         func(c redis.Conn) redis.Conn { return c },
		"by value":     func(c redis.Conn) redis.Conn { return tracing{c, "x"} },
		"by reference": func(c redis.Conn) redis.Conn { return &tracing{c, "x"} },
		"twice":        func(c redis.Conn) redis.Conn { return &tracing{tracing{c, "x"}, "y"} },
		"in a field":   func(c redis.Conn) redis.Conn { return &tracingWithContext{inner: c.(redis.ConnWithContext)} },
		"redigo's":     func(c redis.Conn) redis.Conn { return redis.NewLoggingConn(c, log.New(io.Discard, "", 0), "") },
	} {
		t.Run(name, func(t *testing.T) {
			p := newOurs(fields{MaxIdle: 1, Dial: func() (redis.Conn, error) {
				c, err := redis.Dial("tcp", addr, redis.DialDatabase(2), redis.DialReadTimeout(20*time.Second))
				return wrap(c), err
			}})
			defer p.Close()
			for range 3 {
				c := get(t, p)
				if db := sessionOf(t, c)["db"]; db != "2" {
					t.Errorf("the next borrower is in database %s", db)
				}
				do(t, c, "SELECT", 3)
				put(t, c)
			}
			if n := p.(*redispool.Pool).ResourceStats().Opened; n != 1 {
				t.Errorf("dialed %d times", n)
			}
		})
	}
}
