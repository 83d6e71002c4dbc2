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

// rapidScript makes the same calls on both pools.
type rapidScript struct {
	rapidFields
	server       bool           // on a real server
	excuses      map[string]int // how often a row was needed, over all scripts
	ours, theirs *rapidWorld
	loans        []*rapidLoan
	returned     map[int]time.Time // when a connection became idle
	closed       bool

	unserved     int64 // R21: waits that ended with an error, which redigo does not count
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

	conn     int // number of the connection, if the loan has one
	over     bool
	late     bool // R15: redigo's is over, and ours never began
	monitors bool
	left     bool // a context ended during a call
	use      rapidUse
}

// rapidResult is the result of a Get.
type rapidResult struct {
	got  chan struct{} // closed when c and err are set
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

// handOver orders the script's memory accesses and those of the pools' goroutines for the race detector. The script needs no
// lock of its own, because the pools' goroutines are blocked while it runs.
func (s *rapidScript) handOver() {
	s.ours.turn()
	s.theirs.turn()
}

func (w *rapidWorld) turn() {
	w.mu.Lock()
	defer w.mu.Unlock()
}

// settle lets all goroutines run until they block, and notes the results.
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

// notice checks whether a Get has returned.
func (w *rapidWorld) notice(r *rapidResult) {
	select {
	case <-r.got:
	default:
		return
	}
	r.done = true
	if r.err == nil && w.number(r.c) < 0 {
		r.err = r.c.Err() // Get returns its error only in this way
	}
}

// number returns the number of the connection behind a pooled one, or -1 if there is none.
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
		return // this Get has not waited for a place
	}
	s.excused("R21")
	s.unserved++
	s.unservedTime += end.Sub(l.asked)
}
