package resource

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/respool/respool/policy"
)

// tallies counts events, in the way in which Stats counts them, and follows each resource
// through its events.
type tallies struct {
	mu     sync.Mutex
	name   string
	stats  Stats // the counts that events can give
	others int   // refused with an error that is none of the pool's
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
	// An acquire that held opens have kept, and that finds the queue full, returns the error
	// of its open, which says more.
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

// drawnPool draws a configuration whose functions take time, fail and panic.
func drawnPool(t *rapid.T, o Observer) Config[int] {
	some := func(name string, most int) int { return rapid.IntRange(0, most).Draw(t, name) }
	ms := func(name string, most int) time.Duration { return time.Duration(some(name, most)) * time.Millisecond }
	// The functions below run on many goroutines, so what they do is drawn here.
	outcomes := rapid.SliceOfN(rapid.IntRange(0, 9), 1, 20)
	next := func(name string) func() int {
		all := outcomes.Draw(t, name)
		var mu sync.Mutex
		i := 0
		return func() int {
			mu.Lock()
			defer mu.Unlock()
			i++
			return all[i%len(all)]
		}
	}
	openTakes, testTakes, closeTakes := ms("open takes", 3), ms("test takes", 2), ms("close takes", 3)
	open, test, closes, cleanup := next("opens"), next("tests"), next("closes"), next("cleanups")
	boom := errors.New("boom")
	detached := rapid.Bool().Draw(t, "OpenDetached")
	c := Config[int]{
		Name: "drawn", Observer: o, Histograms: true,
		Open: func(ctx context.Context) (int, error) {
			n := open()
			select {
			case <-time.After(openTakes * time.Duration(n)):
			case <-ctx.Done():
				return 0, ctx.Err()
			}
			switch {
			case n == 9 && !InAdvance(ctx) && !detached: // where a caller can recover
				panic(boom)
			case n > 6:
				return 0, boom
			}
			return n, nil
		},
		Close: func(int) error {
			n := closes()
			time.Sleep(closeTakes * time.Duration(n))
			if n > 6 {
				return boom
			}
			return nil
		},
		MaxActive:    some("MaxActive", 3),
		MaxIdle:      some("MaxIdle", 3) - 1,
		MaxWaiters:   some("MaxWaiters", 3),
		WaitTimeout:  ms("WaitTimeout", 20),
		CloseTimeout: rapid.SampledFrom([]time.Duration{0, 0, 5 * time.Millisecond}).Draw(t, "CloseTimeout"),
		OpenDetached: detached,
		TestSuspects: rapid.Bool().Draw(t, "TestSuspects"),
	}
	if rapid.Bool().Draw(t, "tests") || c.TestSuspects {
		c.BorrowTest = policy.Test(func(ctx context.Context, v int, _ time.Time) error {
			n := test()
			time.Sleep(testTakes)
			if n > 7 {
				return boom
			}
			return nil
		})
		c.TestIdleEvery = ms("TestIdleEvery", 7)
	}
	if rapid.Bool().Draw(t, "Cleanup") {
		c.Cleanup = func(context.Context, int) error {
			if cleanup() > 7 {
				return boom
			}
			return nil
		}
	}
	if rapid.Bool().Draw(t, "lifetime") {
		c.Lifetime = policy.Earliest(policy.MaxAge(20*time.Millisecond), policy.MaxUses(5))
	}
	if rapid.Bool().Draw(t, "eviction") {
		c.Eviction = policy.IdleTimeout(10 * time.Millisecond)
	}
	if rapid.Bool().Draw(t, "OpenBackoff") {
		c.OpenBackoff = policy.Backoff{First: time.Millisecond, Max: 4 * time.Millisecond}
	}
	if m := c.MaxActive; c.MaxIdle == 0 || c.MaxIdle > 1 {
		c.MinIdle = min(some("MinIdle", 1), max(m, 1))
	}
	return c
}

// lender is a Pool, or a Keyed with its key.
type lender interface {
	acquire(ctx context.Context, wait bool) (Lease[int], error)
	disturb(n int)
}

type poolLender struct{ *Pool[int] }

func (p poolLender) acquire(ctx context.Context, wait bool) (Lease[int], error) {
	if wait {
		return p.Acquire(ctx)
	}
	return p.TryAcquire(ctx)
}

func (p poolLender) disturb(n int) {
	switch n {
	case 0:
		p.Reset()
	case 1:
		p.Retire(func(v int) bool { return v%2 == 0 })
	case 2:
		p.Suspect()
	case 3:
		p.Resize(1+n%3, 2)
	}
}

// schedule is what the callers of a pool do, and what disturbs them.
type schedule struct {
	scripts      [][][4]int // of each caller, its steps
	disturbances []int
}

func drawnSchedule(t *rapid.T) (s schedule) {
	step := rapid.Custom(func(t *rapid.T) [4]int {
		return [4]int{rapid.IntRange(0, 4).Draw(t, "pause"), rapid.IntRange(0, 9).Draw(t, "context"),
			rapid.IntRange(0, 6).Draw(t, "use"), rapid.IntRange(0, 9).Draw(t, "end")}
	})
	for i := range rapid.IntRange(1, 6).Draw(t, "callers") {
		s.scripts = append(s.scripts, rapid.SliceOfN(step, 1, 12).Draw(t, fmt.Sprint("script ", i)))
	}
	s.disturbances = rapid.SliceOfN(rapid.IntRange(0, 9), 0, 10).Draw(t, "disturbances")
	return s
}

// run returns when all callers are done.
func (s schedule) run(l lender) {
	var all sync.WaitGroup
	for _, script := range s.scripts {
		all.Go(func() {
			for _, step := range script {
				oneCall(l, step)
			}
		})
	}
	all.Go(func() {
		for _, d := range s.disturbances {
			time.Sleep(7 * time.Millisecond)
			l.disturb(d)
		}
	})
	all.Wait()
}

// oneCall is one acquire, with the end of its lease. Open may panic in it.
func oneCall(l lender, s [4]int) {
	defer func() { recover() }()
	time.Sleep(time.Duration(s[0]) * time.Millisecond)
	ctx := context.Background()
	if s[1] > 5 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(s[1]-4)*2*time.Millisecond)
		defer cancel()
	}
	lease, err := l.acquire(ctx, s[1] > 1)
	if err != nil {
		return
	}
	time.Sleep(time.Duration(s[2]) * time.Millisecond)
	switch s[3] {
	case 0:
		lease.Discard()
	case 1:
		lease.Detach()
	case 2:
		lease.DiscardSound()
	default:
		lease.Release()
		lease.Release()
	}
}

// Whatever happens in a pool, the events say the same as Stats, and the histograms the same
// as the events.
func TestEventsAreWhatStatsCount(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		seen := newTallies("drawn")
		config, plan := drawnPool(r, seen), drawnSchedule(r)
		if err := config.validate(); err != nil {
			r.Skip(err)
		}
		synctest.Test(t, func(t *testing.T) {
			p, err := New(config)
			if err != nil {
				t.Error(err)
				return
			}
			plan.run(poolLender{p})
			time.Sleep(30 * time.Millisecond) // idle resources are evicted, and tested
			if err := p.Shutdown(context.Background()); err != nil {
				t.Error(err)
			}
			p.TryAcquire(context.Background())
			time.Sleep(time.Second) // closes that were abandoned return
			seen.compare(p.Stats(), p.ledger.OpensHeld())
		})
		if len(seen.wrong) > 0 {
			r.Fatal(strings.Join(seen.wrong, "\n"))
		}
	})
}

// keyLender is one key of a Keyed.
type keyLender struct {
	*Keyed[int, int]
	key int
}

func (k keyLender) acquire(ctx context.Context, wait bool) (Lease[int], error) {
	if wait {
		return k.Acquire(ctx, k.key)
	}
	return k.TryAcquire(ctx, k.key)
}

func (k keyLender) disturb(n int) {
	switch n {
	case 0:
		k.Reset()
	case 1:
		k.Retire(func(_, v int) bool { return v%2 == 0 })
	case 2:
		k.Remove(k.key)
	}
}

// In a Keyed each pool has its own observer, and Stats has the sum over all keys, with those
// that were removed.
func TestEventsOfAKeyed(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		plans := []schedule{drawnSchedule(r), drawnSchedule(r)}
		maxActive := rapid.IntRange(0, 3).Draw(r, "MaxActive of all")
		var mu sync.Mutex
		var all []*tallies
		config := drawnPool(r, nil)
		if err := config.validateMember(limit(maxActive), limit(0)); err != nil {
			r.Skip(err)
		}
		var wrong []string
		synctest.Test(t, func(t *testing.T) {
			k, err := NewKeyed(KeyedConfig[int, int]{MaxActive: maxActive, Config: func(int) (Config[int], error) {
				mu.Lock()
				defer mu.Unlock()
				seen := newTallies("drawn")
				all = append(all, seen)
				c := config
				c.Observer = seen
				return c, nil
			}})
			if err != nil {
				t.Error(err)
				return
			}
			var callers sync.WaitGroup
			for key, plan := range plans {
				callers.Go(func() { plan.run(keyLender{k, key}) })
			}
			callers.Wait()
			time.Sleep(30 * time.Millisecond)
			if err := k.Shutdown(context.Background()); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Second)
			wrong = addUp(all).differences(k.Stats())
		})
		if len(wrong) > 0 {
			r.Fatal(strings.Join(wrong, "\n"))
		}
	})
}

// addUp adds the tallies of several pools. One that was made and never used counts as well.
func addUp(all []*tallies) *tallies {
	sum := newTallies("drawn")
	for _, s := range all {
		sum.stats.add(s.stats)
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
