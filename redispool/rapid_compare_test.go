package redispool_test

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/gomodule/redigo/redis"
	"pgregory.net/rapid"

	"github.com/respool/respool/redispool"
)

// compare lets rapidTick pass, and fails on every difference that no row explains.
func (s *rapidScript) compare(t *rapid.T) {
	s.sleep(rapidTick)
	for _, l := range s.loans {
		s.compareLoan(t, l)
	}
	if ours, theirs := s.ours.attempts, s.theirs.attempts; ours != theirs || len(s.ours.conns) != len(s.theirs.conns) {
		t.Fatalf("dialed %d times with %d connections, redigo %d times with %d", ours, len(s.ours.conns), theirs, len(s.theirs.conns))
	}
	for n := range s.ours.conns {
		s.compareConn(t, n)
	}
	if !slices.Equal(s.ours.tests, s.theirs.tests) {
		t.Fatalf("tests: %v, redigo's: %v", s.ours.tests, s.theirs.tests)
	}
	inUse := 0
	for _, l := range s.loans {
		if l.live() {
			inUse++
		}
	}
	s.ours.counts(t, "ours", inUse)
	s.theirs.counts(t, "redigo's", inUse)
	s.compareWaits(t)
}

func (s *rapidScript) compareLoan(t *rapid.T, l *rapidLoan) {
	ours, theirs := &l.ours, &l.theirs
	switch {
	case ours.done != theirs.done:
		t.Fatalf("loan %d: answered is %v, by redigo %v", l.i, ours.done, theirs.done)
	case !ours.done || l.over:
	case !s.sameError(ours.err, theirs.err):
		t.Fatalf("loan %d: error %v, redigo's is %v", l.i, ours.err, theirs.err)
	case ours.c == nil || theirs.c == nil:
		t.Fatalf("loan %d: connection %v, redigo's is %v", l.i, ours.c, theirs.c)
	case ours.err == nil && s.ours.number(ours.c) != l.conn:
		t.Fatalf("loan %d: connection %d, redigo's is %d", l.i, s.ours.number(ours.c), l.conn)
	}
}

// compareConn also checks that our pool has closed in time the connections that redigo's pool will close later.
func (s *rapidScript) compareConn(t *rapid.T, n int) {
	ours, theirs := s.ours.conns[n], s.theirs.conns[n]
	ours.log = withoutTokens(ours.log)
	overdue := theirs.closed == 0 && s.overdue(n)
	if overdue {
		s.excused("R13")
		s.retire(n)
	}
	if ours.closed > 1 || theirs.closed > 1 {
		t.Fatalf("connection %d: closed %d times, by redigo %d times", n, ours.closed, theirs.closed)
	}
	if closed := overdue || theirs.closed > 0; closed != (ours.closed > 0) {
		t.Fatalf("connection %d: closed is %v, expected is %v (in redigo %v)", n, ours.closed > 0, closed, theirs.closed > 0)
	}
	if !ours.retired && !slices.Equal(ours.log, theirs.log) {
		switch same, more := sameButTidying(ours.log, theirs.log); {
		case same && theirs.closed > 0 && more <= 0: // ours is closed, too
			s.excused("R8")
			theirs.log = slices.Clone(ours.log) // each world appends to its own
		case same && more >= 0:
			s.excused("R31")
			theirs.log = slices.Clone(ours.log)
		}
	}
	if !ours.retired && !slices.Equal(ours.log, theirs.log) {
		t.Fatalf("connection %d: received %q, with redigo %q", n, ours.log, theirs.log)
	}
}

// withoutTokens leaves out the command that our pool sends after its cleanup, to check that the last reply belongs to the
// last command.
func withoutTokens(log []string) (rest []string) {
	for i, l := range log {
		if l != "Send ECHO sentinel" || i+1 == len(log) || log[i+1] != rapidRead {
			rest = append(rest, l)
		}
	}
	return rest
}

// sameButTidying reports whether the connections got the same commands, apart from UNWATCH and DISCARD, and from how their
// replies were read. more is how many more of these ours got: a negative number if redigo's got more.
func sameButTidying(ours, theirs []string) (same bool, more int) {
	split := func(log []string) (rest []string, tidied int) {
		for _, l := range log {
			switch l {
			case "Send UNWATCH", "Send DISCARD":
				tidied++
			case "Receive", rapidRead:
			default:
				rest = append(rest, l)
			}
		}
		return rest, tidied
	}
	our, n := split(ours)
	their, m := split(theirs)
	return slices.Equal(our, their), n - m
}

// overdue reports whether a connection is idle but should be closed by now.
func (s *rapidScript) overdue(n int) bool {
	if s.lent(n) {
		return false
	}
	return s.IdleTimeout > 0 && time.Since(s.returned[n]) > s.IdleTimeout || s.tooOld(s.theirs.conns[n])
}

func (s *rapidScript) lent(n int) bool {
	return slices.ContainsFunc(s.loans, func(l *rapidLoan) bool { return l.live() && l.conn == n })
}

// idle returns the connections that both pools may lend.
func (s *rapidScript) idle() (all []int) {
	for n, c := range s.theirs.conns {
		if c.closed == 0 && !s.lent(n) && !s.overdue(n) {
			all = append(all, n)
		}
	}
	return all
}

// counts compares a pool's counts with the connections that exist.
func (w *rapidWorld) counts(t *rapid.T, whose string, inUse int) {
	active := w.opening
	for _, c := range w.conns {
		if c.closed == 0 {
			active++
		}
	}
	idle := active - w.opening - inUse
	st := w.pool.Stats()
	if w.pool.ActiveCount() != active || st.ActiveCount != active {
		t.Fatalf("%s: ActiveCount %d, in Stats %d, there are %d", whose, w.pool.ActiveCount(), st.ActiveCount, active)
	}
	if w.pool.IdleCount() != idle || st.IdleCount != idle {
		t.Fatalf("%s: IdleCount %d, in Stats %d, there are %d", whose, w.pool.IdleCount(), st.IdleCount, idle)
	}
}

func (s *rapidScript) compareWaits(t *rapid.T) {
	ours, theirs := s.ours.pool.Stats(), s.theirs.pool.Stats()
	if ours.WaitCount != theirs.WaitCount+s.unserved || ours.WaitDuration != theirs.WaitDuration+s.unservedTime {
		t.Fatalf("waited %d times, %v; redigo's pool %d times, %v, besides %d times, %v", ours.WaitCount, ours.WaitDuration,
			theirs.WaitCount, theirs.WaitDuration, s.unserved, s.unservedTime)
	}
}

// sameError compares errors by identity if there is a variable for the error, and by text otherwise. On a server it is
// enough that both are errors of the network.
func (s *rapidScript) sameError(ours, theirs error) bool {
	switch {
	case ours == theirs:
		return true
	case ours == nil || theirs == nil:
		return false
	case ours == redispool.ErrPoolClosed: // R17: redigo makes a new error each time
		s.excused("R17")
		return ours.Error() == theirs.Error()
	}
	for _, err := range []error{ours, theirs} {
		var reply redis.Error
		if errors.As(err, &reply) || slices.Contains(rapidErrors, err) {
			return false
		}
	}
	return ours.Error() == theirs.Error() || s.server
}

// rapidErrors are the errors that sameError compares by identity.
var rapidErrors = []error{
	redis.ErrPoolExhausted, redis.ErrNil, context.Canceled, context.DeadlineExceeded,
	errRapidDial, errRapidSick, errRapidBroken, errRapidTimeout, errRapidEnded,
}
