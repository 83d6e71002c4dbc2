package resource

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// PoolError is the error of an acquire that the pool has refused, or whose context ended
// during the call. It describes the pool at that moment. [errors.Is] finds the error that it
// wraps: [ErrExhausted], [ErrWaitTimeout], [ErrTooManyWaiters], [ErrShed], [ErrReserved],
// [ErrClosed], [ErrKeyRemoved], or that of the context; [errors.As] finds a [*HeldError]. Each
// acquire gets one of its own, which does not change later.
//
// Its text is for the reader of a log:
//
//	resource: pool is exhausted: waited too long: waited 50ms: 2 of 2 active (0 leased, 0 idle, 2 opening), 3 waiting; last open failed 3s ago: connection refused
type PoolError struct {
	Err      error         // one of the errors that PoolError can wrap
	Snapshot Snapshot      // of the pool, when the acquire ended
	Waited   time.Duration // in the queue
	// During is "opening", "testing" or "closing" if the context ended while a resource was
	// being opened or tested for the acquire, or closed to make room for it. It is empty
	// otherwise.
	During string

	// LastOpenError is the error of the opening that failed last, made for this acquire or for
	// another one. It is nil if an opening has succeeded since. Unwrap does not return it.
	LastOpenError    error
	LastOpenErrorAge time.Duration // zero without LastOpenError

	// Keyed is set if the pool is one of a [Keyed].
	Keyed *KeyedSnapshot
}

// Snapshot counts the resources and the waiters of a pool at an instant.
type Snapshot struct {
	MaxActive int // 0: no limit
	Active    int // the sum of the next five
	Leased    int
	Idle      int
	Opening   int
	Testing   int
	Closing   int
	Waiting   int
}

// KeyedSnapshot counts the resources of a [Keyed] over all keys at an instant.
type KeyedSnapshot struct {
	Key       any // the key of the acquire
	MaxActive int // 0: no limit
	Active    int
	// ByTotal is true if the key itself had room, so that only the limit over all keys stood
	// in the way.
	ByTotal bool
}

// Unwrap returns Err.
func (e *PoolError) Unwrap() error { return e.Err }

func (e *PoolError) Error() string {
	var b strings.Builder
	b.WriteString(e.Err.Error())
	if e.During != "" {
		fmt.Fprintf(&b, " while %s a resource", e.During)
	}
	if e.Waited > 0 {
		fmt.Fprintf(&b, ": waited %v", rounded(e.Waited))
	}
	b.WriteString(": ")
	if k := e.Keyed; k != nil {
		if k.ByTotal {
			b.WriteString("the limit over all keys is reached: ")
		}
		fmt.Fprintf(&b, "%d%s active over all keys; key %s: ", k.Active, of(k.MaxActive), keyText(k.Key))
	}
	b.WriteString(e.Snapshot.String())
	if e.LastOpenError != nil {
		fmt.Fprintf(&b, "; last open failed %v ago", rounded(e.LastOpenErrorAge))
		if held := (*HeldError)(nil); !errors.As(e.Err, &held) { // else the text has it already
			fmt.Fprintf(&b, ": %v", e.LastOpenError)
		}
	}
	return b.String()
}

// String returns the counts in words. It leaves out opening, testing, closing and waiting
// where they are zero.
func (s Snapshot) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d%s active (%d leased, %d idle", s.Active, of(s.MaxActive), s.Leased, s.Idle)
	for _, c := range []struct {
		n    int
		what string
	}{{s.Opening, "opening"}, {s.Testing, "testing"}, {s.Closing, "closing"}} {
		if c.n > 0 {
			fmt.Fprintf(&b, ", %d %s", c.n, c.what)
		}
	}
	fmt.Fprintf(&b, "), %d waiting", s.Waiting)
	return b.String()
}

// rounded shortens a duration to what a reader needs.
func rounded(d time.Duration) time.Duration {
	switch {
	case d >= time.Minute:
		return d.Round(time.Second)
	case d >= time.Second:
		return d.Round(10 * time.Millisecond)
	case d >= time.Millisecond:
		return d.Round(10 * time.Microsecond)
	}
	return d
}

// snapshot is what a refused acquire copies while it has the lock. The error is made of it
// without the lock.
type snapshot struct {
	ledger.Snapshot
	failure     openFailure
	held        bool
	heldFailure error
}

func (p *core[T]) snapshotLocked(s *snapshot) {
	s.failure = p.openFailure
	p.ledger.Snapshot(&s.Snapshot)
	if e := p.lane.Load(); e != nil {
		p.countLane(&s.Snapshot, e.word.Load().state())
	}
	if p.openHold.on {
		s.held, s.heldFailure = p.ledger.OpensHeld(), p.openHold.failure
	}
}

// takeSnapshot is snapshotLocked for a caller that does not hold the lock.
func (p *core[T]) takeSnapshot(s *snapshot) {
	p.mu.Lock()
	p.snapshotLocked(s)
	p.mu.Unlock()
}

// countLane corrects the counts by the entry in the lane, which the ledger counts as
// leased.
func (*core[T]) countLane(s *ledger.Snapshot, inLane laneState) {
	switch inLane {
	case laneIdle:
		s.Idle++
		s.Leased--
	case laneTesting:
		s.Testing++
		s.Leased--
	}
}

// explain returns a PoolError for an acquire that ends with err. The lock is not held.
func (p *core[T]) explain(err error, waited time.Duration) *PoolError {
	var s snapshot
	p.takeSnapshot(&s)
	return p.explainBy(&s, err, waited)
}

// explainDuring is explain for an acquire whose context has ended during a call.
func (p *core[T]) explainDuring(during string, err error) *PoolError {
	e := p.explain(err, 0)
	e.During = during
	return e
}

func (p *core[T]) explainBy(s *snapshot, err error, waited time.Duration) *PoolError {
	e := &PoolError{Err: err, Waited: waited, Snapshot: Snapshot{
		MaxActive: unlimit(s.MaxActive), Active: s.Active, Leased: s.Leased, Idle: s.Idle,
		Opening: s.Opening, Testing: s.Testing, Closing: s.Closing, Waiting: s.Waiting,
	}}
	if f := s.failure; f.failed && f.opened == s.Opened {
		e.LastOpenError, e.LastOpenErrorAge = f.cause(), max(0, p.clock.read().Sub(f.at))
	}
	if p.member != nil {
		byTotal := s.Active < s.MaxActive && s.TotalActive >= s.TotalMaxActive
		e.Keyed = &KeyedSnapshot{p.member.key, unlimit(s.TotalMaxActive), s.TotalActive, byTotal}
	}
	return e
}

// refused converts the ledger's refusal of an acquire to an error.
func (p *core[T]) refused(why ledger.Refusal, waited time.Duration) error {
	var s snapshot
	p.takeSnapshot(&s)
	return p.refusedBy(&s, why, waited)
}

func (p *core[T]) refusedBy(s *snapshot, why ledger.Refusal, waited time.Duration) error {
	err := error(nil)
	switch why {
	case ledger.OpenFails:
		err = newHeldError(nil, s.heldFailure)
	case ledger.TimedOut:
		err = s.whileHeld(ErrWaitTimeout)
	case ledger.Shed:
		err = s.whileHeld(ErrShed)
	default:
		err = refusal(why)
	}
	return p.explainBy(s, err, waited)
}

// gaveUp returns the error of an acquire whose context has ended while it waited.
func (p *core[T]) gaveUp(err error, waited time.Duration) error {
	var s snapshot
	p.takeSnapshot(&s)
	return p.explainBy(&s, s.whileHeld(err), waited)
}

// whileHeld adds to the error of a caller that has waited why it could not be served, if
// openings are held.
func (s *snapshot) whileHeld(err error) error {
	if !s.held {
		return err
	}
	return newHeldError(err, s.heldFailure)
}

// openFailure is the opening that failed last.
type openFailure struct {
	failed bool  // false: no opening has failed yet
	err    error // nil: Open has not returned
	at     policy.Instant
	opened uint64 // how many openings had succeeded by then
}

// cause returns what Open returned.
func (f openFailure) cause() error {
	if f.err == nil {
		return errNoOpen
	}
	if open := (*OpenError)(nil); errors.As(f.err, &open) {
		return open.Err
	}
	return f.err
}

func (f openFailure) describe(c *clock, opened uint64) *OpenFailure {
	if !f.failed {
		return nil
	}
	return &OpenFailure{Time: c.time(f.at), Text: f.cause().Error(), Over: opened > f.opened}
}
