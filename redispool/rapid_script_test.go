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
	canceled     time.Time
	ours, theirs rapidResult

	conn     int // number of the connection, if there is one
	over     bool
	late     bool // R15: redigo's is over, and ours never began
	monitors bool
	left     bool // a call was left by its context
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

// handOver orders what the script has read and written before what the pools do next, and the other way round, for the
// sake of the race detector. The script then needs no lock of its own: while it runs, the pools' goroutines are blocked.
func (s *rapidScript) handOver() {
	s.ours.turn()
	s.theirs.turn()
}

func (w *rapidWorld) turn() {
	w.mu.Lock()
	defer w.mu.Unlock()
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
	w.mu.Lock()
	w.asked = -1
	w.mu.Unlock()
	c.Err()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked
}

// notServed notes a wait that has ended with its context.
func (s *rapidScript) notServed(l *rapidLoan) {
	end, timed := l.ctx.Deadline()
	if !l.canceled.IsZero() {
		end, timed = l.canceled, true
	}
	if s.theirs.dialed[l.i] || !timed || !end.After(l.asked) {
		return // it has not waited for a place
	}
	s.excused("R21")
	s.unserved++
	s.unservedTime += end.Sub(l.asked)
}
