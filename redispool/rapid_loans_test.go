package redispool_test

import (
	"context"
	"time"

	"github.com/gomodule/redigo/redis"
	"pgregory.net/rapid"
)

// waits reports whether a Get may have to wait for a place.
func (s *rapidScript) waits() bool { return s.Wait && s.MaxActive > 0 }

// get starts a Get in both pools. The Get may have to wait.
func (s *rapidScript) get(t *rapid.T) {
	l := &rapidLoan{i: len(s.loans), asked: time.Now(), conn: -1}
	ctx := context.WithValue(context.Background(), loanKey{}, l)
	kind := rapid.SampledFrom([]string{"Get", "background", "cancel", "cancel", "deadline", "ended"}).Draw(t, "context")
	// The caller of a plain Dial may leave. Then nobody reads the replies that Dial has left, and the one allowed use of the
	// connection is not taken.
	slowDial := s.PlainDial && (s.theirs.holdDial || s.Sloppy || s.MaxConnLifetime < 0)
	switch {
	case kind == "ended" && s.closed && s.waits():
		s.excused("R1")
		return
	case kind == "ended" && s.wouldCloseAll():
		s.excused("R2")
		return
	case kind == "ended" && !s.waits() && slowDial, kind == "deadline" && s.PlainDial:
		s.excused("R15")
		return
	}
	switch kind {
	case "cancel":
		ctx, l.cancel = context.WithCancel(ctx)
	case "deadline":
		// No two contexts end at the same instant, because it would be uncertain which waiter gets which place.
		ctx, l.cancel = context.WithTimeout(ctx, rapidTicks(1, 20).Draw(t, "timeout")+time.Duration(l.i))
	case "ended":
		ctx, l.cancel = context.WithDeadline(ctx, time.Now())
	}
	l.ctx = ctx
	t.Logf("Get, loan %d, context: %s", l.i, kind)
	s.loans = append(s.loans, l)
	s.ours.start(&l.ours, ctx, kind == "Get")
	s.theirs.start(&l.theirs, ctx, kind == "Get")
	s.settle()
	if ctx.Err() != nil {
		s.tooLate(l)
	}
}

func (w *rapidWorld) start(r *rapidResult, ctx context.Context, plain bool) {
	r.got = make(chan struct{})
	go func() {
		defer close(r.got)
		if plain {
			r.c = w.pool.Get()
		} else {
			r.c, r.err = w.pool.GetContext(ctx)
		}
	}()
}

// wouldCloseAll reports whether a test fails now, so that redigo goes on with a context that has ended. It also reports
// whether only our pool's test fails: the calls of a plain test fail when the borrower's context ends.
func (s *rapidScript) wouldCloseAll() bool {
	idle := s.idle()
	switch {
	case s.waits() || len(idle) == 0 || !s.Test && !s.TestContext:
		return false
	case s.Test:
		return true
	case len(idle) < 2 && s.MaxActive <= 0: // with a limit, a caller whose context has ended does not wait for the close, and does not dial
		return false
	}
	front := s.theirs.conns[idle[0]]
	for _, n := range idle {
		if s.returned[n].After(s.returned[front.n]) {
			front = s.theirs.conns[n]
		}
	}
	return s.TestContext || front.sick || front.dead()
}

// tooLate returns the connection that redigo has lent to a caller whose context had ended.
func (s *rapidScript) tooLate(l *rapidLoan) {
	if s.waits() || s.closed || l.pending() {
		return
	}
	switch {
	case l.theirs.err == nil:
		s.excused("R15")
		l.conn = s.theirs.number(l.theirs.c)
		s.condemn(l)
		l.theirs.c.Close()
		l.theirs.err, l.late = l.ctx.Err(), true
		s.returned[l.conn] = time.Now()
	case s.PlainDial && l.theirs.err == errRapidDial && l.ours.err == l.ctx.Err():
		s.excused("R15")
		l.theirs.err, l.late = l.ctx.Err(), true
	}
}

// cancelOne ends the context of a Get that has not returned yet.
func (s *rapidScript) cancelOne(t *rapid.T) {
	l := s.pick(t, func(l *rapidLoan) bool { return l.pending() && l.cancel != nil })
	if s.PlainDial && s.theirs.opening > 0 {
		s.excused("R15")
		return
	}
	t.Logf("cancel, loan %d", l.i)
	l.canceled = time.Now()
	l.cancel()
	s.settle()
}

// giveBack returns a connection to its pool.
func (s *rapidScript) giveBack(t *rapid.T) {
	l := s.pickLive(t)
	l.over = true
	s.condemn(l)
	s.returned[l.conn] = time.Now()
	broken := s.theirs.conns[l.conn].dead()
	switch {
	case l.monitors:
		// Both pools close the connection. Only redigo cleans it up first.
		s.excused("R8")
		s.retire(l.conn)
		l.ours.c.Close()
		l.theirs.c.Close()
	case broken:
		// Both pools close the connection. Only redigo tries to clean it up.
		s.excused("R8")
		l.ours.c.Close()
		l.theirs.c.Close()
	default:
		s.both(t, l, "Close", func(c redis.Conn) (any, error) { return nil, c.Close() })
	}
	s.settle()
}

// condemn makes redigo's pool close a connection that is too old when it comes back.
func (s *rapidScript) condemn(l *rapidLoan) {
	if c := s.theirs.conns[l.conn]; s.tooOld(c) {
		s.excused("R13b")
		c.condemned = true
	}
}

func (s *rapidScript) tooOld(c *rapidConn) bool {
	return s.MaxConnLifetime != 0 && time.Since(c.born) >= s.MaxConnLifetime
}

func (s *rapidScript) retire(n int) {
	s.ours.conns[n].retired, s.theirs.conns[n].retired = true, true
}
