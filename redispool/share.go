package redispool

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/command"
	"github.com/respool/respool/redispool/internal/multiplex"
)

// sharing is the part of a pool with Share that has the connections for commands of many
// callers.
type sharing struct {
	mux   *multiplex.Mux
	share int
	more  func(name string, args []any) bool // the user's ShareCommand

	repeats  func(name string, args []any) bool // the user's ShareRepeat
	repeated atomic.Uint64

	batch atomic.Pointer[handleBatch] // of handles for the next callers of Get

	dialing     atomic.Bool  // a connection is being dialed ahead
	noDialUntil atomic.Int64 // in nanoseconds of Unix time
}

// The bounds of the calls that are under way on a shared connection.
const (
	mostSharedCalls = 1024
	mostSharedBytes = 1 << 20
)

func newSharing(l *live, p *Pool) *sharing {
	bounds := multiplex.Bounds{Calls: mostSharedCalls, Bytes: mostSharedBytes}
	s := &sharing{share: p.Share, more: p.ShareCommand, repeats: p.ShareRepeat}
	s.mux = multiplex.New(sharedSource{l}, p.Share, l.cleanup, bounds)
	return s
}

// may reports whether a command may go over a shared connection.
func (s *sharing) may(cmd string, args []any) bool {
	switch command.SharingOf(cmd, func() string { return text(args, 0) }) {
	case command.Shared:
		return true
	case command.Never:
		return false
	case command.Unblocked:
		return !hasBlock(args)
	}
	return s.more != nil && cmd != "" && kindOf(cmd) == ordinary && s.more(cmd, args)
}

// hasBlock reports whether XREAD or XREADGROUP has the argument BLOCK. A stream of that
// name stands behind STREAMS.
func hasBlock(args []any) bool {
	for i := range args {
		switch {
		case is(args, i, "BLOCK"):
			return true
		case is(args, i, "STREAMS"):
			return false
		}
	}
	return false
}

// resized is called when the limit of the pool has changed. One connection is left to the
// callers that need their own.
func (s *sharing) resized(maxActive int) {
	n := s.share
	if maxActive > 0 {
		n = min(n, maxActive-1)
	}
	s.mux.Limit(n)
	s.mux.Refresh()
}

// share returns a handle for Get, or an error that Get can return at once.
func (l *live) share(ctx context.Context) (redis.Conn, error) {
	err := l.err
	if err == nil && ctx.Err() != nil && l.waits(ctx) {
		err = ctx.Err()
	}
	if err == nil {
		err = l.sharing.mux.Err()
	}
	if err != nil {
		return errorConn{err: err}, err
	}
	c := l.sharing.handle()
	c.live, c.ctx = l, ctx
	return c, nil
}

// handleBatch is a number of handles that are made at once, so that a handle costs no
// allocation of its own. A borrower that keeps a handle keeps its whole batch in memory,
// which is less than two kilobytes.
type handleBatch struct {
	used    atomic.Int32
	handles [16]sharingConn
}

// handle returns a handle that was never used before.
func (s *sharing) handle() *sharingConn {
	for {
		b := s.batch.Load()
		if b != nil {
			if i := b.used.Add(1) - 1; int(i) < len(b.handles) {
				return &b.handles[i]
			}
		}
		s.batch.CompareAndSwap(b, new(handleBatch))
	}
}

// shut ends sharing before the pool is closed.
func (l *live) shut() {
	if l.sharing != nil {
		l.sharing.mux.Shut(ErrPoolClosed)
	}
}

// refresh gives back shared connections that are out of date.
func (l *live) refresh() {
	if l.sharing != nil {
		l.sharing.mux.Refresh()
	}
}

// sharedSource has the connections of a pool for its Mux. Each is a lease of the pool.
type sharedSource struct{ l *live }

func (s sharedSource) Open(ctx context.Context) (multiplex.Wire, error) {
	c, _, err := s.l.borrow(ctx)
	if err != nil {
		return nil, err
	}
	return wireOf(c)
}

// OpenIdle lends an idle connection. If there is none, and room for another one, it has one
// dialed for later: a caller does not wait for a dial while there are other connections.
func (s sharedSource) OpenIdle(ctx context.Context) multiplex.Wire {
	st := s.l.pool.Stats()
	if st.Idle == 0 {
		if st.MaxActive == 0 || st.Active < st.MaxActive {
			s.l.sharing.dialAhead(s.l)
		}
		return nil
	}
	c, err := s.l.borrowNow(ctx)
	if err != nil {
		return nil
	}
	w, err := wireOf(c)
	if err != nil {
		return nil
	}
	return w
}

// pauseAfterFailure is the time after a failed dial in which none is dialed ahead.
const pauseAfterFailure = 100 * time.Millisecond

// dialAhead dials a connection and makes it idle.
func (s *sharing) dialAhead(l *live) {
	if !s.dialing.CompareAndSwap(false, true) {
		return
	}
	if time.Now().UnixNano() < s.noDialUntil.Load() {
		s.dialing.Store(false)
		return
	}
	go func() {
		defer s.dialing.Store(false)
		c, err := l.borrowNow(context.Background())
		if err != nil {
			s.noDialUntil.Store(time.Now().Add(pauseAfterFailure).UnixNano())
			return
		}
		c.Close()
	}()
}

// wire is a borrowed connection that callers share. It bypasses what the pool notes about
// a borrower's commands: only commands that change nothing in the connection go over it.
type wire conn

// wireOf makes a connection fit for sharing. Dial, or a test, may have left replies unread.
func wireOf(c *conn) (multiplex.Wire, error) {
	pc := c.lease.Value()
	if pc.maybeUnread {
		if err := pc.readAll(); err != nil {
			c.Close()
			return nil, err
		}
	}
	return (*wire)(c), nil
}

func (w *wire) pc() *pooled { return w.lease.Value() }

func (w *wire) Send(cmd string, args []any) error { return w.pc().c.Send(cmd, args...) }

func (w *wire) Flush() error { return w.pc().c.Flush() }

func (w *wire) Receive(patient bool) (any, error) {
	c := w.pc().c
	if patient {
		if t, ok := c.(redis.ConnWithTimeout); ok {
			return t.ReceiveWithTimeout(0)
		}
	}
	return c.Receive()
}

func (w *wire) Judge(err error) multiplex.Verdict {
	pc := w.pc()
	e, isReply := serverError(err)
	switch {
	case !isReply:
		return multiplex.Broken
	case fateOf(string(e)) == keeps:
		return multiplex.Keep
	}
	pc.noteReply(err)
	return multiplex.Retire
}

func (w *wire) Unread() bool { return w.pc().buffer.hasMore() }

func (w *wire) AtHand() bool { return w.pc().buffer.hasReply() }

func (w *wire) Outdated() bool { return w.lease.Outdated() }

func (w *wire) Break() {
	if pc, ok := w.lease.ValueOK(); ok {
		pc.close()
	}
}

func (w *wire) Close(cause error) {
	c := (*conn)(w)
	if cause == nil {
		c.Close()
		return
	}
	c.use.Or(over)
	pc := c.lease.Value()
	pc.decideFate()
	if pc.resetsPool {
		defer pc.core.reset()
	}
	closeLeased(c.lease)
}

// countsOwnWrites reports whether a command waits for the writes of its own connection.
func countsOwnWrites(cmd string) bool {
	return len(cmd) >= 4 && (strings.EqualFold(cmd, "WAIT") || strings.EqualFold(cmd, "WAITAOF"))
}
