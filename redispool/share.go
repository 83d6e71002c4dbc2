package redispool

import (
	"context"
	"strings"
	"sync/atomic"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/command"
	"github.com/respool/respool/redispool/internal/multiplex"
	"github.com/respool/respool/resource"
)

// sharing is the part of a pool with Share that has the connections for commands of many
// callers.
type sharing struct {
	mux   *multiplex.Mux
	reads *multiplex.Mux // over connections that read from a replica; nil: not a Cluster's
	share int
	more  func(name string, args []any) bool // the user's ShareCommand

	repeats  func(name string, args []any) bool // the user's ShareRepeat
	repeated atomic.Uint64

	batch atomic.Pointer[handleBatch] // of handles for the next callers of Get

	lonesBorrow bool          // see mayBorrowAlone
	lone        atomic.Uint64 // the lone calls that have begun and those that have ended; odd: one is under way
	loneUnsent  atomic.Uint64 // lone calls for which there was no connection

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
	s := &sharing{share: p.Share, more: p.ShareCommand, repeats: p.ShareRepeat, lonesBorrow: p.mayBorrowAlone()}
	s.mux = multiplex.New(sharedSource{live: l, node: p.node}, p.Share, l.cleanup, bounds)
	if p.node != nil {
		s.reads = multiplex.New(sharedSource{live: l, node: p.node, replica: true}, p.Share, l.cleanup, bounds)
	}
	s.each(func(m *multiplex.Mux) { m.PollFor(p.busyPoll()) })
	return s
}

// each calls f for each Mux. READONLY concerns a connection, so reads from a replica have
// connections of their own. A node is a master or a replica, so one of the two is at rest,
// except in a failover.
func (s *sharing) each(f func(*multiplex.Mux)) {
	f(s.mux)
	if s.reads != nil {
		f(s.reads)
	}
}

// may reports whether a command may go over a shared connection.
func (s *sharing) may(cmd string, args []any) bool {
	switch command.SharingOf(cmd, func() string { return text(args, 0) }) {
	case command.Shared:
		return true
	case command.Never:
		return false
	case command.Unblocked:
		return isUnblockedRead(args)
	}
	return s.more != nil && cmd != "" && kindOf(cmd) == ordinary && s.more(cmd, args)
}

// isUnblockedRead reports whether XREAD or XREADGROUP, with these arguments, cannot wait. It
// walks the options as the server does, because a group, a consumer or a stream may have the
// name of an option. An option that it does not know may be one that waits.
func isUnblockedRead(args []any) bool {
	for i := 0; i < len(args); {
		switch option := text(args, i); {
		case strings.EqualFold(option, "STREAMS"):
			return true
		case strings.EqualFold(option, "NOACK"):
			i++
		case strings.EqualFold(option, "COUNT"):
			i += 2
		case strings.EqualFold(option, "GROUP"):
			i += 3
		default: // BLOCK is one of them
			return false
		}
	}
	return true // the server refuses it
}

// resized is called when the limit of the pool has changed. One connection is left to the
// callers that need their own.
func (s *sharing) resized(maxActive int) {
	n := s.share
	if maxActive > 0 {
		n = min(n, maxActive-1)
	}
	s.each(func(m *multiplex.Mux) {
		m.Limit(n)
		m.Refresh()
	})
}

// share returns a handle for Get, or an error that Get can return at once.
func (l *live) share(ctx context.Context) (redis.Conn, error) {
	err := l.err
	if err == nil && ctx.Err() != nil && l.waits(ctx) {
		err = ctx.Err()
	}
	if err != nil {
		return errorConn{err: err}, err
	}
	if l.sharing.mux.Err() != nil {
		return l.refuse(ctx)
	}
	c := l.sharing.handle(l.reclaim)
	c.live, c.ctx = l, ctx
	return c, nil
}

// refuse returns the error of a pool that is closed, or is being closed.
func (l *live) refuse(ctx context.Context) (redis.Conn, error) {
	c, why, err := l.borrow(ctx)
	if err == nil { // Close has not come that far
		c.Close()
		err = ErrPoolClosed
	}
	return errorConn{err, why}, err
}

// handleBatch is a number of handles that are made at once, so that a handle costs no
// allocation of its own. A borrower that keeps a handle keeps its whole batch in memory,
// which is less than two kilobytes.
type handleBatch struct {
	used    atomic.Int32
	handles [16]sharingConn
}

// handle returns a handle that was never used before. alone is true if a handle that the
// program has lost must not be kept in memory by others.
func (s *sharing) handle(alone bool) *sharingConn {
	if alone {
		return new(sharingConn)
	}
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
		l.sharing.each(func(m *multiplex.Mux) { m.Shut(ErrPoolClosed) })
	}
}

// refresh gives back shared connections that are out of date.
func (l *live) refresh() {
	if l.sharing != nil {
		l.sharing.each((*multiplex.Mux).Refresh)
	}
}

// countsOwnWrites reports whether a command waits for the writes of its own connection.
func countsOwnWrites(cmd string) bool {
	return len(cmd) >= 4 && (strings.EqualFold(cmd, "WAIT") || strings.EqualFold(cmd, "WAITAOF"))
}

// ShareStats are the numbers of the connections that callers share; see Pool.Share.
type ShareStats = resource.SharedStats

// ShareStats returns the statistics of the shared connections. Without Share, and before
// the first use of the pool, they are zero. [Pool.ResourceStats] has them, too. redigo has no
// such method.
func (p *Pool) ShareStats() ShareStats {
	if l := p.live.Load(); l != nil && l.sharing != nil {
		return l.sharing.stats()
	}
	return ShareStats{}
}

func (s *sharing) stats() ShareStats {
	all := ShareStats{Repeated: s.repeated.Load()}
	s.each(func(m *multiplex.Mux) {
		st := m.Stats()
		all.Limit += st.Limit
		all.Connections += st.Connections
		all.UnderWay += st.UnderWay
		all.Calls += st.Calls
		all.Flushes += st.Flushes
		all.Left += st.Left
		all.Broken += st.Broken
		all.Polled += st.Polled
	})
	sent, underWay := s.loneCalls()
	all.Calls, all.Flushes, all.UnderWay = all.Calls+sent, all.Flushes+sent, all.UnderWay+underWay
	return all
}
