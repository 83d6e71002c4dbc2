package redispool_test

import (
	"context"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"
	"pgregory.net/rapid"
)

// rapidTick passes after each step, so that no two steps are at the same time. It is short because rapid counts the
// time of the bubble against its limit for making a failing script smaller.
const rapidTick = time.Microsecond

// rapidScript does the same to both pools.
type rapidScript struct {
	rapidFields
	server       bool           // on a real server
	excuses      map[string]int // how often a row was needed, over all scripts
	ours, theirs *rapidWorld
	loans        []*rapidLoan
	returned     map[int]time.Time // when a connection became idle
	closed       bool

	unserved     int64 // R21: waits that redigo does not count, for they ended with an error
	unservedTime time.Duration
}

// rapidLoan is one Get from each pool.
type rapidLoan struct {
	i            int
	ctx          context.Context
	cancel       context.CancelFunc
	asked        time.Time
	cancelled    time.Time
	ours, theirs rapidResult

	conn     int // number of the connection, if there is one
	over     bool
	late     bool // R15: redigo's is over, and ours never began
	monitors bool
	use      rapidUse
}

// rapidResult is what became of a Get.
type rapidResult struct {
	got  chan struct{} // closed when c and err are there
	done bool
	c    redis.Conn
	err  error
}

// pending is true until both pools have answered.
func (l *rapidLoan) pending() bool { return !l.ours.done || !l.theirs.done }
func (l *rapidLoan) live() bool    { return !l.pending() && l.theirs.err == nil && !l.over }

// pick chooses a loan, or skips the step where there is none.
func (s *rapidScript) pick(t *rapid.T, f func(*rapidLoan) bool) *rapidLoan {
	var fit []int
	for i, l := range s.loans {
		if f(l) {
			fit = append(fit, i)
		}
	}
	if len(fit) == 0 {
		t.SkipNow()
	}
	return s.loans[rapid.SampledFrom(fit).Draw(t, "loan")]
}

func (s *rapidScript) pickLive(t *rapid.T) *rapidLoan { return s.pick(t, (*rapidLoan).live) }

// waits reports whether a Get may have to wait for a place.
func (s *rapidScript) waits() bool { return s.Wait && s.MaxActive > 0 }

// get starts a Get in both pools. It may come to nothing for now.
func (s *rapidScript) get(t *rapid.T) {
	l := &rapidLoan{i: len(s.loans), asked: time.Now(), conn: -1}
	ctx := context.WithValue(context.Background(), loanKey{}, l.i)
	kind := rapid.SampledFrom([]string{"Get", "background", "cancel", "cancel", "deadline", "ended"}).Draw(t, "context")
	// The caller of a plain Dial may leave. Nobody then reads what it has left unread, or has had the one use of it.
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
		ctx, l.cancel = context.WithTimeout(ctx, rapidTicks(1, 20).Draw(t, "timeout"))
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

// wouldCloseAll reports whether a test fails now, so that redigo goes on with a context that has ended.
func (s *rapidScript) wouldCloseAll() bool {
	idle := s.idle()
	if s.waits() || len(idle) < 2 || !s.Test && !s.TestContext {
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

// tooLate takes back from redigo what it has lent to a caller whose context had ended.
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

// cancelOne ends the context of a Get that has come to nothing so far.
func (s *rapidScript) cancelOne(t *rapid.T) {
	l := s.pick(t, func(l *rapidLoan) bool { return l.pending() && l.cancel != nil })
	if s.PlainDial && s.theirs.opening > 0 {
		s.excused("R15")
		return
	}
	t.Logf("cancel, loan %d", l.i)
	l.cancelled = time.Now()
	l.cancel()
	s.settle()
}

// giveBack closes a pooled connection.
func (s *rapidScript) giveBack(t *rapid.T) {
	l := s.pickLive(t)
	l.over = true
	s.condemn(l)
	s.returned[l.conn] = time.Now()
	if l.monitors {
		// The connection is closed either way. Only redigo tidies it up before.
		s.excused("R8")
		s.retire(l.conn)
		l.ours.c.Close()
		l.theirs.c.Close()
	} else {
		s.both(t, l, "Close", func(c redis.Conn) (any, error) { return nil, c.Close() })
	}
	s.settle()
}

// condemn has redigo's pool close a connection that is too old when it comes back.
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

// handOver orders what the script has read and written before what the pools do next, and the other way round, for the
// sake of the race detector. The script then needs no lock of its own: while it runs, the pools' goroutines are blocked.
func (s *rapidScript) handOver() {
	for _, w := range []*rapidWorld{s.ours, s.theirs} {
		w.mu.Lock()
		w.mu.Unlock()
	}
}

// settle lets everything happen that can happen now, and takes note of what came of it.
func (s *rapidScript) settle() {
	s.handOver()
	synctest.Wait()
	s.handOver()
	for _, l := range s.loans {
		if !l.pending() {
			continue
		}
		s.ours.notice(&l.ours)
		s.theirs.notice(&l.theirs)
		if l.pending() {
			continue
		}
		if l.theirs.err == nil {
			l.conn = s.theirs.number(l.theirs.c)
		}
		if l.theirs.err != nil && l.theirs.err == l.ctx.Err() {
			s.notServed(l)
		}
	}
}

// notice looks whether a Get is over.
func (w *rapidWorld) notice(r *rapidResult) {
	select {
	case <-r.got:
	default:
		return
	}
	r.done = true
	if r.err == nil && w.number(r.c) < 0 {
		r.err = r.c.Err() // Get has no other way to tell
	}
}

// number asks a pooled connection which one it is. It returns -1 if there is none behind it.
func (w *rapidWorld) number(c redis.Conn) int {
	w.setAsked(-1)
	c.Err()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked
}

// notServed notes a wait that has ended with its context.
func (s *rapidScript) notServed(l *rapidLoan) {
	end, timed := l.ctx.Deadline()
	if !l.cancelled.IsZero() {
		end, timed = l.cancelled, true
	}
	if s.theirs.dialled[l.i] || !timed || !end.After(l.asked) {
		return // it has not waited for a place
	}
	s.excused("R21")
	s.unserved++
	s.unservedTime += end.Sub(l.asked)
}
