package resource

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/respool/respool/policy"
)

// tallies counts events, in the way in which Stats counts them, and follows each resource
// through its events.
type tallies struct {
	mu     sync.Mutex
	name   string
	stats  Stats // the counts that events can give
	others int   // refused with an error that is not of the pool
	took   struct{ wait, open, test, use, close []time.Duration }
	lease  map[uint64]time.Time // when the lease in force began, by resource
	open   map[uint64]bool
	held   bool
	down   bool
	wrong  []string
}

func newTallies(name string) *tallies {
	return &tallies{name: name, lease: map[uint64]time.Time{}, open: map[uint64]bool{}}
}

func (s *tallies) Observe(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.Pool != s.name || !e.Time.Equal(time.Now()) {
		s.object(e, "is of pool %q at %v", e.Pool, e.Time)
	}
	switch e.Kind {
	case EventAcquired:
		s.stats.Acquired++
		s.wants(e, s.open[e.Resource] && s.lease[e.Resource].IsZero())
		s.lease[e.Resource] = e.Time
	case EventRefused:
		s.refused(e)
	case EventOpened:
		s.stats.Opened++
		s.wants(e, !s.open[e.Resource])
		s.open[e.Resource] = true
		s.took.open = append(s.took.open, e.Took)
	case EventOpenFailed:
		s.stats.OpenFailed++
		s.wants(e, e.Err != nil && !s.open[e.Resource])
	case EventTested:
		s.wants(e, s.open[e.Resource] && s.lease[e.Resource].IsZero())
		s.took.test = append(s.took.test, e.Took)
	case EventReturned, EventDiscarded, EventDetached:
		s.ended(e)
	case EventClosed:
		s.closed(e)
	case EventOpensHeld, EventOpensResumed:
		s.wants(e, s.held == (e.Kind == EventOpensResumed))
		s.held = e.Kind == EventOpensHeld
	case EventResetDone:
		s.stats.Resets++
	case EventShutDown:
		s.wants(e, !s.down)
		s.down = true
	}
}

// wants objects to an event unless it can be the next one.
func (s *tallies) wants(e Event, ok bool) {
	if !ok {
		s.object(e, "cannot come now")
	}
}

func (s *tallies) object(e Event, format string, args ...any) {
	s.wrong = append(s.wrong, fmt.Sprintf("%s: ", lineOf(e))+fmt.Sprintf(format, args...))
}

func (s *tallies) refused(e Event) {
	switch {
	case errors.Is(e.Err, ErrWaitTimeout):
		s.stats.TimedOut++
	case errors.Is(e.Err, ErrExhausted):
		s.stats.Exhausted++
	case errors.Is(e.Err, ErrClosed), errors.Is(e.Err, ErrKeyRemoved):
		s.stats.Rejected++
	default:
		s.wants(e, e.Err != nil)
		s.others++
	}
}

func (s *tallies) ended(e Event) {
	began := s.lease[e.Resource]
	s.wants(e, s.open[e.Resource] && !began.IsZero() && e.Took == e.Time.Sub(began))
	delete(s.lease, e.Resource)
	s.took.use = append(s.took.use, e.Took)
	if e.Kind == EventDetached {
		delete(s.open, e.Resource)
		s.stats.Detached++
	}
}

func (s *tallies) closed(e Event) {
	s.wants(e, s.open[e.Resource] && s.lease[e.Resource].IsZero())
	delete(s.open, e.Resource)
	s.took.close = append(s.took.close, e.Took)
	if e.Err != nil {
		s.stats.CloseErrors++
	}
	if e.Abandoned {
		s.stats.ClosesAbandoned++
	}
	c := &s.stats.Closed
	counts := map[CloseReason]*uint64{
		ClosedIdleTooLong: &c.IdleTooLong, ClosedTooOld: &c.TooOld, ClosedWornOut: &c.WornOut, ClosedSurplus: &c.Surplus,
		ClosedFailedTest: &c.FailedTest, ClosedReset: &c.Reset, ClosedRetired: &c.Retired, ClosedDiscarded: &c.Discarded,
		ClosedPoolClosed: &c.PoolClosed, ClosedDisplaced: &c.Displaced,
	}
	if n := counts[e.Reason]; n != nil {
		*n++
	} else {
		s.object(e, "has no reason")
	}
}

// compare compares the tallies with what a pool has counted. The pool was shut down, and
// nothing is under way.
func (s *tallies) compare(st Stats, held bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	differ := func(format string, args ...any) { s.wrong = append(s.wrong, fmt.Sprintf(format, args...)) }
	if !s.down || s.held != held {
		differ("the pool is shut down: %v; its opens are held: %v", s.down, s.held)
	}
	if len(s.lease) > 0 || len(s.open) > 0 {
		differ("leases without an end: %v; resources without an end: %v", s.lease, s.open)
	}
	s.wrong = s.differences(st)
}

// differences returns the objections of the tallies, and where the tallies differ from
// the pool's counts.
func (s *tallies) differences(st Stats) []string {
	differ := func(format string, args ...any) { s.wrong = append(s.wrong, fmt.Sprintf(format, args...)) }
	got := s.stats
	// An acquire that held openings have kept, and that finds the queue full, returns the error
	// of its opening, which says more.
	if lost := st.Exhausted - got.Exhausted; got.Exhausted > st.Exhausted || s.others != int(st.Canceled+st.Failed+lost) {
		differ("%d acquires have ended with other errors, want %d canceled, %d failed and %d exhausted", s.others, st.Canceled, st.Failed, lost)
	}
	got.Exhausted = st.Exhausted
	if got.CloseErrors > st.CloseErrors || got.CloseErrors+got.ClosesAbandoned < st.CloseErrors { // an abandoned close may fail later
		differ("%d closes have failed, want %d", got.CloseErrors, st.CloseErrors)
	}
	got.CloseErrors = 0
	want := Stats{
		Acquired: st.Acquired, Exhausted: st.Exhausted, TimedOut: st.TimedOut, Rejected: st.Rejected,
		Opened: st.Opened, OpenFailed: st.OpenFailed, Closed: st.Closed,
		ClosesAbandoned: st.ClosesAbandoned, Detached: st.Detached, Resets: st.Resets,
	}
	if got != want {
		differ("the events are\n%v\nwant\n%v", got, want)
	}
	h := st.Histograms
	for _, c := range []struct {
		name string
		got  Histogram
		all  []time.Duration
	}{{"open", h.Open, s.took.open}, {"test", h.Test, s.took.test}, {"use", h.Use, s.took.use}, {"close", h.Close, s.took.close}} {
		if want := HistogramOf(c.all...); !slices.Equal(c.got.filled, want.filled) || c.got.Sum() != want.Sum() || c.got.Max() != want.Max() {
			differ("the %s times are %v with sum %v, want %v with sum %v", c.name, c.got, c.got.Sum(), want, want.Sum())
		}
	}
	if h.Wait.Count() != uint64(st.WaitCount) || h.Wait.Sum() != st.WaitDuration {
		differ("%d waits with sum %v, want %d and %v", h.Wait.Count(), h.Wait.Sum(), st.WaitCount, st.WaitDuration)
	}
	return s.wrong
}

// addUp adds the tallies of several pools. A pool that was made and never used counts as well.
func addUp(all []*tallies) *tallies {
	sum := newTallies("drawn")
	for _, s := range all {
		sum.stats.add(s.stats)
		sum.stats.CloseErrors += s.stats.CloseErrors // which add leaves out
		sum.others += s.others
		sum.took.open = append(sum.took.open, s.took.open...)
		sum.took.test = append(sum.took.test, s.took.test...)
		sum.took.use = append(sum.took.use, s.took.use...)
		sum.took.close = append(sum.took.close, s.took.close...)
		sum.wrong = append(sum.wrong, s.wrong...)
		if len(s.lease) > 0 || len(s.open) > 0 {
			sum.wrong = append(sum.wrong, fmt.Sprintf("leases without an end: %v; resources without an end: %v", s.lease, s.open))
		}
	}
	return sum
}

// The comparison above finds each kind of event that is lost, and each that comes twice.
func TestTalliesFindLostAndDoubledEvents(t *testing.T) {
	kinds := []EventKind{
		EventAcquired, EventRefused, EventOpened, EventOpenFailed, EventTested, EventReturned, EventDiscarded, EventDetached,
		EventClosed, EventOpensHeld, EventOpensResumed, EventResetDone, EventShutDown,
	}
	for _, kind := range kinds {
		for times := range 3 {
			t.Run(fmt.Sprintf("%v %d times", kind, times), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					if wrong := withFault(t, kind, times); times == 1 && len(wrong) > 0 {
						t.Errorf("objects to what is right: %v", wrong)
					} else if times != 1 && len(wrong) == 0 {
						t.Error("finds nothing")
					}
				})
			})
		}
	}
}

// withFault has each kind of event happen in a pool, and delivers the last one of a kind the
// given number of times. It returns what the tallies object to.
func withFault(t *testing.T, kind EventKind, times int) []string {
	seen, last := newTallies("faulty"), 0
	for pass := range 2 { // the first pass finds out which one is the last
		seen = newTallies("faulty")
		count := 0
		o := observerFunc(func(e Event) {
			n := 1
			if e.Kind == kind {
				if count++; pass == 1 && count == last {
					n = times
				}
			}
			for range n {
				seen.Observe(e)
			}
		})
		p := eventful(t, o)
		last = count
		seen.compare(p.Stats(), p.ledger.OpensHeld())
	}
	if last == 0 {
		t.Errorf("there is no event %v", kind)
	}
	return seen.wrong
}

// eventful uses a pool in such a way that each kind of event happens.
func eventful(t *testing.T, o Observer) *Pool[int] {
	up := false
	p, err := New(Config[int]{
		Name: "faulty", Observer: o, Histograms: true, MaxActive: 1,
		Open: func(context.Context) (int, error) {
			time.Sleep(time.Second)
			if !up {
				return 0, errors.New("boom")
			}
			return 1, nil
		},
		Close:       func(int) error { time.Sleep(time.Second); return nil },
		BorrowTest:  policy.Test(func(context.Context, int, time.Time) error { time.Sleep(time.Second); return nil }),
		OpenBackoff: policy.Backoff{First: time.Second, Max: time.Second},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.TryAcquire(t.Context()); err == nil {
		t.Error("a failed open gave a resource")
	}
	up = true
	time.Sleep(2 * time.Second)
	acquireOne(t, p).Detach()
	acquireOne(t, p).Discard()
	acquireOne(t, p).Release()
	acquireOne(t, p).Release()
	p.Reset()
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	synctest.Wait()
	return p
}
