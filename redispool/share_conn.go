package redispool

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/multiplex"
	"github.com/respool/respool/resource"
)

// sharingConn is the handle that Get returns in a pool with Share. It has no connection
// until a command needs one of its own. From then on it is that connection's handle.
type sharingConn struct {
	live *live
	ctx  context.Context // of Get

	own    atomic.Pointer[conn]      // nil: none was needed
	broken atomic.Pointer[errorConn] // the handle is of no use any more, as a connection would be
	closed atomic.Bool
	wrote  atomic.Bool // a command went over a shared connection

	binding sync.Mutex
}

var (
	_ redis.ConnWithTimeout = (*sharingConn)(nil)
	_ redis.ConnWithContext = (*sharingConn)(nil)
)

// bind gives the handle a connection of its own. ctx bounds the wait for it.
func (s *sharingConn) bind(ctx context.Context) (*conn, error) {
	if c := s.own.Load(); c != nil {
		return c, nil
	}
	s.binding.Lock()
	defer s.binding.Unlock()
	if c := s.own.Load(); c != nil {
		return c, nil
	}
	if err := s.usable(); err != nil {
		return nil, err
	}
	c, why, err := s.live.borrow(ctx)
	if err != nil {
		s.breaks(err, why)
		return nil, err
	}
	s.own.Store(c)
	if s.closed.Load() { // by another goroutine, which did not see the connection
		c.Close()
	}
	return c, nil
}

// openingOf returns the context that bounds the wait for a connection: the call's if it has
// one, otherwise Get's.
func (s *sharingConn) openingOf(by calling) context.Context {
	if by.ctx != nil {
		return by.ctx
	}
	return s.opening()
}

// opening returns the context of Get. A program may end it when Get has returned, so a
// context that has ended bounds nothing.
func (s *sharingConn) opening() context.Context {
	if s.ctx.Err() != nil {
		return context.WithoutCancel(s.ctx)
	}
	return s.ctx
}

// breaks makes err the error of the handle.
func (s *sharingConn) breaks(err error, why *resource.PoolError) {
	s.broken.Store(&errorConn{err, why})
}

// why returns what the pool was like when the handle got no connection.
func (s *sharingConn) why() *resource.PoolError {
	if e := s.broken.Load(); e != nil {
		return e.why
	}
	return nil
}

// usable returns the error of a handle that has no connection of its own.
func (s *sharingConn) usable() error {
	if s.closed.Load() {
		return errConnClosed
	}
	if e := s.broken.Load(); e != nil {
		return e.err
	}
	return nil
}

// Close gives the connection back, if the handle has one. Close is idempotent.
func (s *sharingConn) Close() error {
	s.closed.Store(true)
	if c := s.own.Load(); c != nil {
		return c.Close()
	}
	return nil
}

func (s *sharingConn) Err() error {
	if c := s.own.Load(); c != nil {
		return c.Err()
	}
	return s.usable()
}

func (s *sharingConn) Do(cmd string, args ...any) (any, error) { return s.do(plainly, cmd, args) }

func (s *sharingConn) DoContext(ctx context.Context, cmd string, args ...any) (any, error) {
	return s.do(calling{how: withContext, ctx: ctx}, cmd, args)
}

func (s *sharingConn) DoWithTimeout(timeout time.Duration, cmd string, args ...any) (any, error) {
	return s.do(calling{how: withTimeout, timeout: timeout}, cmd, args)
}

func (s *sharingConn) do(by calling, cmd string, args []any) (any, error) {
	if c := s.own.Load(); c != nil {
		return c.do(by, cmd, args)
	}
	if err := s.usable(); err != nil {
		return nil, err
	}
	if cmd == "" {
		return nil, nil // nothing is outstanding
	}
	args = multiplex.ResolveArgs(args)
	if s.live.sharing.may(cmd, args) {
		if !s.wrote.Load() {
			s.wrote.Store(true)
		}
		reply, e, err := s.live.doShared(by, s.openingOf(by), cmd, args)
		if e.outcome != multiplex.Over {
			s.breaks(err, e.why)
		}
		return reply, err
	}
	c, err := s.bind(s.openingOf(by))
	if err != nil {
		return nil, err
	}
	if s.wrote.Load() && countsOwnWrites(cmd) {
		if err := c.countEarlierWrites(by); err != nil {
			return nil, err
		}
	}
	return c.do(by, cmd, args)
}

// countEarlierWrites is called before WAIT or WAITAOF, which wait for the writes of their
// own connection. The writes of this handle went over shared connections. The server counts
// a PUBLISH as a write that came after them, so a wait for the PUBLISH is one for them.
func (c *conn) countEarlierWrites(by calling) error {
	_, err := c.do(by, "PUBLISH", []any{c.lease.Value().core.endMark, ""})
	return err
}

func (s *sharingConn) Send(cmd string, args ...any) error {
	c, err := s.bind(s.opening())
	if err != nil {
		return err
	}
	return c.Send(cmd, args...)
}

func (s *sharingConn) Flush() error {
	c, err := s.bind(s.opening())
	if err != nil {
		return err
	}
	return c.Flush()
}

func (s *sharingConn) Receive() (any, error) { return s.receive(plainly) }

func (s *sharingConn) ReceiveContext(ctx context.Context) (any, error) {
	return s.receive(calling{how: withContext, ctx: ctx})
}

func (s *sharingConn) ReceiveWithTimeout(timeout time.Duration) (any, error) {
	return s.receive(calling{how: withTimeout, timeout: timeout})
}

func (s *sharingConn) receive(by calling) (any, error) {
	c, err := s.bind(s.openingOf(by))
	if err != nil {
		return nil, err
	}
	return c.receive(by)
}

// Do sends one command and returns its reply. With Share the command goes over a shared
// connection, if it may. Otherwise the pool lends a connection for this one command. ctx
// bounds both the wait for a connection and the command. A nil context never ends. If ctx can
// end, and Dial returns connections of another kind than redigo's, they need the methods of
// redis.ConnWithContext for commands that do not share. redigo has no such method.
func (p *Pool) Do(ctx context.Context, cmd string, args ...any) (any, error) {
	l := p.get()
	if l.err != nil {
		return nil, l.err
	}
	ctx = orBackground(ctx)
	if l.sharing != nil {
		args = multiplex.ResolveArgs(args)
		if l.sharing.may(cmd, args) {
			reply, _, err := l.doShared(calling{how: withContext, ctx: ctx}, ctx, cmd, args)
			return reply, err
		}
	}
	c, _, err := l.borrow(ctx)
	if err != nil {
		return nil, err
	}
	defer c.closeFor(ctx)
	by := plainly
	if ctx.Done() != nil {
		by = calling{how: withContext, ctx: ctx}
	}
	return c.do(by, cmd, args)
}
