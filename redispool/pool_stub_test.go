package redispool_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
)

// stubs dials connections without a server, and counts them independently of any pool.
type stubs struct {
	// The functions may be nil. They run without any lock held, so they may block or panic.
	refuse  func() error                              // called at every dial; an error fails the dial
	answer  func(c *stub, cmd string, args []any) any // the server's reply; a redis.Error is an error reply
	closing func(c *stub)                             // called by every Close
	dialed  atomic.Int32                              // the number of dials, including failed ones

	mu  sync.Mutex
	all []*stub
}

// stub is a connection that has none of the optional interfaces.
type stub struct {
	of     *stubs
	like   redis.Conn    // makes the pool treat the stub as a wrapper of redigo's connection
	id     int           // from 1, in the order of dialing
	closed chan struct{} // closed by the first Close
	pushed chan any      // messages that the server sends on its own

	reading  atomic.Int32
	overlaps atomic.Int32 // reads that began while another was under way

	mu      sync.Mutex
	sent    []string      // all commands, with arguments
	queued  [][]any       // commands whose reply has not been read
	more    chan struct{} // signals that a command was queued
	trips   int           // how often a read had to wait for the server
	closes  int
	failure error
}

func (s *stubs) dial() (redis.Conn, error) { return s.plain() }

func (s *stubs) dialContext(ctx context.Context) (redis.Conn, error) {
	if err := ctx.Err(); err != nil {
		s.dialed.Add(1)
		return nil, err
	}
	return s.dial()
}

// dialFull dials a connection with the optional interfaces.
func (s *stubs) dialFull() (redis.Conn, error) {
	c, err := s.plain()
	if err != nil {
		return nil, err
	}
	return fullStub{c}, nil
}

func (s *stubs) plain() (*stub, error) {
	s.dialed.Add(1)
	if s.refuse != nil {
		if err := s.refuse(); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &stub{of: s, like: redis.NewConn(nil, 0, 0), id: len(s.all) + 1, closed: make(chan struct{}), pushed: make(chan any), more: make(chan struct{}, 1)}
	s.all = append(s.all, c)
	return c, nil
}

// open returns the connections that are not closed.
func (s *stubs) open() (cs []*stub) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.all {
		if c.closeCount() == 0 {
			cs = append(cs, c)
		}
	}
	return cs
}

// last returns the connection that was dialed last.
func (s *stubs) last() *stub {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[len(s.all)-1]
}

// settle checks at the end of a test that every connection was closed once.
func (s *stubs) settle(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.all {
		if n := c.closeCount(); n != 1 {
			t.Errorf("connection %d was closed %d times", c.id, n)
		}
	}
}

func (c *stub) closeCount() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closes
}

// stepToken is the text that the pool sends after other commands, to check that replies and commands are in step.
var stepToken = regexp.MustCompile("^ECHO [0-9a-f]{32}-[0-9]+$")

// commands returns the commands that were sent since the last call, without tokens.
func (c *stub) commands() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	sent := slices.DeleteFunc(c.sent, stepToken.MatchString)
	c.sent = nil
	return sent
}

func (c *stub) tripCount() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.trips
}

// fail breaks the connection.
func (c *stub) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failure = err
}

func (c *stub) Close() error {
	c.mu.Lock()
	c.closes++
	if c.closes == 1 {
		close(c.closed)
	}
	if c.failure == nil {
		c.failure = errors.New("stub: closed")
	}
	c.mu.Unlock()
	if c.of.closing != nil {
		c.of.closing(c)
	}
	return nil
}

func (c *stub) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failure
}

func (c *stub) Send(cmd string, args ...any) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failure != nil {
		return c.failure
	}
	c.note(cmd, args)
	c.queued = append(c.queued, append([]any{cmd}, args...))
	select {
	case c.more <- struct{}{}:
	default:
	}
	return nil
}

// note records the command. It is called with mu held.
func (c *stub) note(cmd string, args []any) {
	c.sent = append(c.sent, strings.TrimSpace(fmt.Sprintln(append([]any{cmd}, args...)...)))
}

func (c *stub) Flush() error { return c.Err() }

// Do behaves as redigo's: it reads all outstanding replies, and without a command it returns them.
func (c *stub) Do(cmd string, args ...any) (reply any, err error) {
	c.mu.Lock()
	if cmd == "" && len(c.queued) == 0 {
		defer c.mu.Unlock()
		return nil, nil
	}
	if c.failure != nil {
		defer c.mu.Unlock()
		return nil, c.failure
	}
	queued := c.queued
	c.queued = nil
	if cmd != "" {
		c.note(cmd, args)
		queued = append(queued, append([]any{cmd}, args...))
	}
	c.trips++
	c.mu.Unlock()

	defer c.read()()
	var all []any
	for _, q := range queued {
		reply = c.reply(q)
		if broken, ok := reply.(error); ok {
			if _, fine := broken.(redis.Error); !fine {
				c.fail(broken)
				return nil, broken
			}
			if err == nil {
				err = broken
			}
		}
		all = append(all, reply)
	}
	if cmd == "" {
		return all, nil
	}
	return reply, err
}

func (c *stub) Receive() (any, error) {
	c.mu.Lock()
	if c.failure != nil {
		defer c.mu.Unlock()
		return nil, c.failure
	}
	c.trips++
	c.mu.Unlock()

	defer c.read()()
	reply := c.await()
	if err, ok := reply.(error); ok {
		if _, fine := err.(redis.Error); !fine {
			c.fail(err)
		}
		return nil, err
	}
	return reply, nil
}

// await returns the next reply. The command for it may be sent while await waits.
func (c *stub) await() any {
	for {
		c.mu.Lock()
		if len(c.queued) > 0 {
			next := c.queued[0]
			c.queued = c.queued[1:]
			c.mu.Unlock()
			return c.reply(next)
		}
		c.mu.Unlock()
		select {
		case <-c.more:
		case reply := <-c.pushed:
			return reply
		case <-c.closed:
			return errors.New("stub: closed while reading")
		}
	}
}

// read notes that a goroutine reads from the connection, until the returned function is called.
func (c *stub) read() func() {
	if c.reading.Add(1) > 1 {
		c.overlaps.Add(1)
	}
	return func() { c.reading.Add(-1) }
}

func (c *stub) reply(q []any) any {
	cmd, args := q[0].(string), q[1:]
	if c.of.answer != nil {
		if reply := c.of.answer(c, cmd, args); reply != nil {
			return reply
		}
	}
	switch strings.ToUpper(cmd) {
	case "ECHO":
		if b, ok := args[0].([]byte); ok {
			return b
		}
		return []byte(fmt.Sprint(args[0]))
	case "PING":
		if len(args) > 0 {
			return []byte(fmt.Sprint(args[0]))
		}
		return "PONG"
	}
	return "OK"
}

// fullStub is a stub with the optional interfaces.
type fullStub struct{ *stub }

var (
	_ redis.ConnWithTimeout = fullStub{}
	_ redis.ConnWithContext = fullStub{}
)

func (c fullStub) DoContext(_ context.Context, cmd string, args ...any) (any, error) {
	return c.Do(cmd, args...)
}

func (c fullStub) DoWithTimeout(_ time.Duration, cmd string, args ...any) (any, error) {
	return c.Do(cmd, args...)
}

func (c fullStub) ReceiveContext(context.Context) (any, error)   { return c.Receive() }
func (c fullStub) ReceiveWithTimeout(time.Duration) (any, error) { return c.Receive() }

// wantCommands compares the commands that were sent since the last call with those expected, in order.
func wantCommands(t *testing.T, c *stub, want ...string) {
	t.Helper()
	if got := c.commands(); !slices.Equal(got, want) {
		t.Errorf("connection %d was sent %q, want %q", c.id, got, want)
	}
}
