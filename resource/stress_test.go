package resource_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
)

// TestStress has many goroutines call all methods of a pool at once, and compares
// what the pool has counted with what really happened.
func TestStress(t *testing.T) {
	for _, c := range stressCases() {
		t.Run(c.name, func(t *testing.T) { newStress(t, c).run(t) })
	}
}

type stressCase struct {
	name string
	resource.Config[*stressThing]
	resize [][2]int // MaxActive and MaxIdle to change to, never above Config's
	uses   int      // what Lifetime allows; 0: no limit
	budget bool     // BorrowTest has one
	empty  bool     // nothing stays idle for long
	plain  bool     // callers mostly acquire and release, and nothing else, many times
}

func stressCases() []stressCase {
	type config = resource.Config[*stressThing]
	const us, ms = time.Microsecond, time.Millisecond
	check := policy.Test(stressCheck)
	return []stressCase{
		{name: "no policy", Config: config{MaxActive: 4}},
		{name: "lane", Config: config{MaxActive: 4}, plain: true},
		{name: "lane of one", Config: config{MaxActive: 2, MaxIdle: 1}, plain: true},
		{name: "lane with ticks", Config: config{MaxActive: 4, Eviction: policy.IdleTimeout(2 * time.Second)}, plain: true},
		{name: "lane with an age", Config: config{MaxActive: 4, Lifetime: policy.MaxAge(ms)}, plain: true, empty: true},
		{name: "lane with an age and ticks", Config: config{
			MaxActive: 4, Lifetime: policy.MaxAge(3 * time.Second), Eviction: policy.IdleTimeout(2 * time.Second),
		}, plain: true},
		{name: "lane with a test", Config: config{MaxActive: 4, BorrowTest: policy.IfIdleFor(50*us, check)}, plain: true},
		{name: "lane with one who waits", Config: config{MaxActive: 1, WaitTimeout: ms}, plain: true},
		{name: "one place", Config: config{MaxActive: 1, MaxWaiters: 3}},
		{name: "no limit", Config: config{MaxIdle: 3}},
		{name: "keep none", Config: config{MaxActive: 3, MaxIdle: resource.KeepNone}},
		{name: "worn out", Config: config{MaxActive: 3, Lifetime: policy.MaxUses(3), Order: policy.FIFO}, uses: 3},
		{name: "short idle", Config: config{MaxActive: 6, Eviction: policy.IdleTimeout(100 * us)}, empty: true},
		{name: "short life", Config: config{MaxActive: 6, Lifetime: policy.MaxAge(ms)}, empty: true},
		{name: "soft idle", Config: config{MaxActive: 6, MaxIdle: 4, Eviction: policy.SoftIdleTimeout(20*us, 1)}},
		{name: "short wait", Config: config{MaxActive: 2, WaitTimeout: 20 * us}},
		{name: "min idle", Config: config{MaxActive: 8, MinIdle: 3, Eviction: policy.IdleTimeout(100 * us)}},
		{name: "detached", Config: config{MaxActive: 3, OpenDetached: true, Lifetime: policy.MaxUses(5)}, uses: 5},
		{name: "tested", Config: config{MaxActive: 4, BorrowTest: check}},
		{name: "cleaned", Config: config{MaxActive: 4, Cleanup: stressCleanup, Eviction: policy.IdleTimeout(ms)}, empty: true},
		{name: "tested for a while", Config: config{
			MaxActive: 4, TestBudget: 20 * us, BorrowTest: policy.All(check, policy.IfIdleFor(10*us, check)),
		}},
		{
			name: "resized", Config: config{MaxActive: 6},
			resize: [][2]int{{6, 0}, {1, 0}, {3, 1}, {4, resource.KeepNone}},
		},
		{
			name: "everything", Config: config{
				MaxActive: 5, MaxIdle: 4, MinIdle: 2, MaxWaiters: 8, WaitTimeout: ms, OpenDetached: true,
				Eviction:   policy.IdleTimeout(100 * us),
				Lifetime:   policy.Earliest(policy.MaxUses(9), policy.MaxAgeJitter(ms, ms/2)),
				BorrowTest: policy.Within(50*us, check),
			},
			resize: [][2]int{{5, 4}, {2, 1}, {3, 3}}, uses: 9, budget: true,
		},
	}
}

// stress is a pool, those who call it, and what they have seen.
type stress struct {
	stressCase
	pool    *resource.Pool[*stressThing]
	world   *stressWorld
	seen    stressSeen
	cancels chan context.CancelFunc // of callers that may be canceled
}

func newStress(t *testing.T, c stressCase) *stress {
	s := &stress{stressCase: c, world: &stressWorld{limit: int64(c.MaxActive), uses: c.uses}, cancels: make(chan context.CancelFunc, 8)}
	c.Open, c.Close = s.world.open, s.world.close
	p, err := resource.New(c.Config)
	if err != nil {
		t.Fatal(err)
	}
	s.pool = p
	return s
}

func (s *stress) run(t *testing.T) {
	rounds, steps := 4, 300
	if testing.Short() {
		rounds, steps = 2, 60
	}
	if s.plain {
		steps *= 20
	}
	for round := range rounds {
		callers := 12
		if round%2 == 1 {
			callers = 3 // so few that something is idle
		}
		s.burst(t, callers, steps, -1)
		s.compare(t)
		if t.Failed() {
			t.Fatalf("after round %d", round)
		}
	}
	if rand.IntN(2) == 0 {
		s.burst(t, 12, steps, steps/2)
	} else {
		s.burst(t, 1, 10, 5) // alone, with something idle
	}
	s.world.noFaults.Store(true)
	s.join(t, func() {
		if err := s.pool.Shutdown(context.Background()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	s.compare(t)
	if places := s.world.places.Load(); places != 0 {
		t.Errorf("after Shutdown %d exist", places)
	}
}

// burst has every caller do a number of steps. One of them closes the pool when
// it has shutAt to go.
func (s *stress) burst(t *testing.T, callers, steps, shutAt int) {
	t.Helper()
	var all sync.WaitGroup
	all.Add(callers)
	for range callers {
		c := &stressCaller{stress: s, left: steps, shutAt: shutAt, done: all.Done}
		shutAt = -1
		go c.run()
	}
	s.join(t, all.Wait)
}

// join calls f, and fails if it has not returned shortly before go test's
// timeout: then the pool must have forgotten a caller. There is no shorter limit,
// since the machine may be busy.
func (s *stress) join(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	var overdue <-chan time.Time
	if deadline, ok := t.Deadline(); ok {
		overdue = time.After(time.Until(deadline) - 10*time.Second)
	}
	select {
	case <-done:
	case <-overdue:
		t.Fatalf("stuck: %+v%s", s.pool.Stats(), s.world.faults())
	}
}

// compare waits until the pool has nothing under way, which may last longer than its
// callers do, and compares the accounts. The pool still evicts and opens for MinIdle, so
// it must be at rest before and after.
func (s *stress) compare(t *testing.T) {
	t.Helper()
	for range 2_000_000 {
		before := s.pool.Stats()
		if before.Idle == before.Active && before.Waiting == 0 && (before.Idle == 0 || !s.empty) {
			differences := s.differences(before)
			if s.pool.Stats() == before {
				if wrong := differences + s.world.faults(); wrong != "" {
					t.Errorf("%+v%s", before, wrong)
				}
				return
			}
		}
		runtime.Gosched()
	}
	t.Fatalf("does not come to rest: %+v%s", s.pool.Stats(), s.world.faults())
}

// differences compares the pool's account with those of its callers and of the
// world.
func (s *stress) differences(st resource.Stats) string {
	w, seen := s.world, &s.seen
	begun := seen.calls.Load() - seen.early.Load()
	gaveUp, could := seen.left.Load()-seen.early.Load(), seen.unopened.Load()+seen.broken.Load()
	var b strings.Builder
	same := func(what string, pool, want uint64) {
		if pool != want {
			fmt.Fprintf(&b, "\n%s: %d, should be %d", what, pool, want)
		}
	}
	same("acquires ended", st.Acquired+st.Exhausted+st.TimedOut+st.Shed+st.Reserved+st.Rejected+st.Canceled+st.Failed, begun)
	same("Acquired", st.Acquired, seen.leased.Load())
	same("Exhausted", st.Exhausted, seen.exhausted.Load())
	same("TimedOut", st.TimedOut, seen.timedOut.Load())
	same("Rejected", st.Rejected, seen.rejected.Load())
	same("Canceled and Failed", st.Canceled+st.Failed, gaveUp+could)
	// A caller that leaves an opening or a close sees the same as one that leaves
	// the queue, but counts as Failed.
	if st.Failed < could || st.Failed > could+gaveUp {
		fmt.Fprintf(&b, "\nFailed: %d, should be %d, and up to %d more", st.Failed, could, gaveUp)
	}
	same("Opened", st.Opened, w.opened.Load())
	same("OpenFailed", st.OpenFailed, w.openFailed.Load())
	same("Closed", st.Closed.Total(), w.closed.Load())
	same("CloseErrors", st.CloseErrors, w.closeErrors.Load())
	if !s.budget { // a caller with no time left to test closes a resource that is not tested, too
		same("FailedTest", st.Closed.FailedTest, w.testsFailed.Load())
	}
	same("Discarded", st.Closed.Discarded, seen.discarded.Load()+w.cleanupErrors.Load())
	same("CleanupErrors", st.CleanupErrors, w.cleanupErrors.Load())
	same("Detached", st.Detached, seen.detached.Load())
	same("Active", uint64(st.Active), uint64(w.places.Load()))
	same("Active, by what became of all that was opened", uint64(st.Active), st.Opened-st.Closed.Total()-st.Detached)
	if most := w.most.Load(); most > int64(st.PeakActive) {
		fmt.Fprintf(&b, "\nPeakActive: %d, but there were %d", st.PeakActive, most)
	}
	return b.String()
}

// stressSeen is what callers have seen of their acquires.
type stressSeen struct {
	calls, early                          atomic.Uint64 // early: the context had ended before
	leased, exhausted, timedOut, rejected atomic.Uint64
	left                                  atomic.Uint64 // the context's error
	unopened                              atomic.Uint64 // an OpenError
	broken                                atomic.Uint64 // a panic of a function in Config, or Goexit
	discarded, detached                   atomic.Uint64 // leases
}

func (s *stressSeen) note(err error) {
	var open *resource.OpenError
	switch {
	case err == nil:
		s.leased.Add(1)
	case errors.As(err, &open):
		s.unopened.Add(1)
	case errors.Is(err, resource.ErrWaitTimeout):
		s.timedOut.Add(1)
	case errors.Is(err, resource.ErrExhausted):
		s.exhausted.Add(1)
	case errors.Is(err, resource.ErrClosed):
		s.rejected.Add(1)
	case errors.Is(err, context.Canceled):
		s.left.Add(1)
	default:
		panic(fmt.Sprintf("an acquire returned %v", err))
	}
}
