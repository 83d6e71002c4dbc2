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

// TestStress has many goroutines do to a pool whatever can be done to one, at
// once, and compares what the pool has counted with what really happened.
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
}

func stressCases() []stressCase {
	type config = resource.Config[*stressThing]
	const us, ms = time.Microsecond, time.Millisecond
	check := policy.Test(stressCheck)
	return []stressCase{
		{name: "no policy", Config: config{MaxActive: 4}},
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
	cancels chan context.CancelFunc // of callers who do not mind being cancelled
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
	for round := range rounds {
		callers := 12
		if round%2 == 1 {
			callers = 3 // who leave something idle
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
	s.world.calm.Store(true)
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

// join calls f, and fails if that takes so long that somebody must have been
// forgotten.
func (s *stress) join(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatalf("stuck: %+v%s", s.pool.Stats(), s.world.faults())
	}
}

// compare waits until the pool has nothing under way, which may last longer than
// its callers do, and compares the accounts. What it does on its own goes on
// (evicting, opening for MinIdle), so it must be seen at rest before and after.
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

// differences holds the pool's account against those of its callers and of the
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
	same("acquires ended", st.Acquired+st.Exhausted+st.TimedOut+st.Rejected+st.Canceled+st.Failed, begun)
	same("Acquired", st.Acquired, seen.leased.Load())
	same("Exhausted", st.Exhausted, seen.exhausted.Load())
	same("TimedOut", st.TimedOut, seen.timedOut.Load())
	same("Rejected", st.Rejected, seen.rejected.Load())
	same("Canceled and Failed", st.Canceled+st.Failed, gaveUp+could)
	if !s.OpenDetached { // who leaves a detached opening looks like one who leaves the line, but has Failed
		same("Failed", st.Failed, could)
	}
	same("Opened", st.Opened, w.opened.Load())
	same("OpenFailed", st.OpenFailed, w.openFailed.Load())
	same("Closed", st.Closed.Total(), w.closed.Load())
	same("CloseErrors", st.CloseErrors, w.closeErrors.Load())
	if !s.budget { // who has no time left to test closes what is not tested as well
		same("FailedTest", st.Closed.FailedTest, w.testsFailed.Load())
	}
	same("Discarded", st.Closed.Discarded, seen.discarded.Load())
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
	case errors.Is(err, resource.ErrExhausted):
		s.exhausted.Add(1)
	case errors.Is(err, resource.ErrWaitTimeout):
		s.timedOut.Add(1)
	case errors.Is(err, resource.ErrClosed):
		s.rejected.Add(1)
	case errors.Is(err, context.Canceled):
		s.left.Add(1)
	default:
		panic(fmt.Sprintf("an acquire returned %v", err))
	}
}

// stressWorld is where the pool's resources come from. It keeps its own account
// of them.
type stressWorld struct {
	limit int64       // on places; 0: none
	uses  int         // of a resource; 0: no limit
	calm  atomic.Bool // nothing goes wrong any more
	shut  atomic.Bool // the pool's Close has returned

	resets atomic.Int64 // begun
	floor  atomic.Int64 // what was opened when fewer had begun is not lent any more

	// places is how many resources are being opened, or exist. They are counted
	// out a little too early rather than too late, so above limit is an error.
	places, most                                         atomic.Int64
	opened, openFailed, closed, closeErrors, testsFailed atomic.Uint64

	mu    sync.Mutex
	wrong []string
}

func (w *stressWorld) fault(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.wrong) < 10 {
		w.wrong = append(w.wrong, "\n"+fmt.Sprintf(format, args...))
	}
}

func (w *stressWorld) faults() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.wrong, "")
}

var errStress = errors.New("so it goes")

// mishap returns an error, panics with one, or calls Goexit, in chance of a
// hundred cases. It only returns if nobody is there to recover.
func (w *stressWorld) mishap(chance int, recovers bool) error {
	switch n := rand.IntN(100); {
	case w.calm.Load() || n >= chance:
		return nil
	case recovers && n%3 == 1:
		panic(errStress)
	case recovers && n%3 == 2:
		runtime.Goexit()
	}
	return errStress
}

func (w *stressWorld) open(ctx context.Context) (x *stressThing, err error) {
	n := w.places.Add(1)
	if w.limit > 0 && n > w.limit {
		w.fault("%d exist, the limit is %d", n, w.limit)
	}
	for most := w.most.Load(); n > most && !w.most.CompareAndSwap(most, n); most = w.most.Load() {
	}
	defer func() {
		if x != nil {
			w.opened.Add(1)
		} else {
			w.openFailed.Add(1)
			w.places.Add(-1)
		}
	}()
	resets := w.resets.Load()
	linger()
	// What nobody waits for is opened on a goroutine of the pool's.
	patient, _ := ctx.Value(stressPatient{}).(bool)
	if err := w.mishap(15, patient); err != nil {
		return nil, err
	}
	if rand.IntN(4) == 0 && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return &stressThing{world: w, resets: resets, late: w.shut.Load()}, nil
}

func (w *stressWorld) close(x *stressThing) error {
	defer func() {
		w.closed.Add(1)
		w.places.Add(-1)
	}()
	x.pass(free, closed)
	if w.uses > 0 && x.uses > w.uses {
		w.fault("used %d times", x.uses)
	}
	linger()
	err := w.mishap(10, calledByStress())
	if err != nil {
		w.closeErrors.Add(1)
	}
	return err
}

func stressCheck(_ context.Context, x *stressThing, _ time.Time) error {
	passed := false
	x.pass(free, tested)
	defer func() {
		x.pass(tested, free)
		if !passed {
			x.world.testsFailed.Add(1)
		}
	}()
	linger()
	err := x.world.mishap(20, true)
	passed = err == nil
	return err
}

// calledByStress reports whether a stressCaller is on the stack. A panic or
// Goexit elsewhere would end the program, or the timer's goroutine.
func calledByStress() bool {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	for {
		frame, more := frames.Next()
		if strings.Contains(frame.Function, "(*stressCaller).step") {
			return true
		}
		if !more {
			return false
		}
	}
}

// linger gives the others a chance.
func linger() {
	switch n := rand.IntN(8); n {
	case 0: // not at all
	case 1:
		parked := make(chan struct{})
		go close(parked)
		<-parked
	default:
		for range n {
			runtime.Gosched()
		}
	}
}

// stressThing is a resource. It finds out if two use it at once, if it is used
// after its close, and if it is closed twice.
type stressThing struct {
	world  *stressWorld
	resets int64 // the world's when it was opened
	late   bool  // opened when the pool had been closed
	state  atomic.Int32
	uses   int // not atomic: the race detector sees whether the pool orders its holders
}

// The states of a stressThing.
const (
	free int32 = iota
	held
	tested
	closed
	detached
)

func (x *stressThing) pass(from, to int32) {
	if !x.state.CompareAndSwap(from, to) {
		names := [...]string{"free", "held", "tested", "closed", "detached"}
		x.world.fault("a resource to pass from %s to %s is %s", names[from], names[to], names[x.state.Load()])
	}
}

// stressPatient is the key of contexts whose callers stay until they are served.
type stressPatient struct{}

// stressContext notes whether it had ended when the pool looked first: such an
// acquire has not begun.
type stressContext struct {
	context.Context
	looked, early atomic.Bool
}

func (c *stressContext) Err() error {
	err := c.Context.Err()
	if !c.looked.Swap(true) && err != nil {
		c.early.Store(true)
	}
	return err
}

type stressCaller struct {
	*stress
	left   int
	shutAt int
	over   [4]resource.Lease[*stressThing] // leases that are
	done   func()
}

// run does what is left to do. After a Goexit another goroutine goes on.
func (c *stressCaller) run() {
	finished := false
	defer func() {
		if finished {
			c.done()
		} else {
			go c.run()
		}
	}()
	for c.left > 0 {
		c.left--
		c.step()
	}
	finished = true
}

func (c *stressCaller) step() {
	defer func() {
		if r := recover(); r != nil && r != errStress {
			c.world.fault("panic: %v", r)
		}
	}()
	if rand.IntN(2) == 0 {
		select {
		case cancel := <-c.cancels:
			cancel()
		default:
		}
	}
	if c.left == c.shutAt {
		c.hoard(4)
		c.shut()
	}
	switch n := rand.IntN(100); {
	case n < 50:
		c.lease((*resource.Pool[*stressThing]).Acquire, true)
	case n < 65:
		c.lease((*resource.Pool[*stressThing]).TryAcquire, false)
	case n < 80:
		c.do()
	case n < 86:
		c.look()
	case n < 87:
		c.hoard(4)
		c.reset()
	case n < 90:
		if len(c.resize) > 0 {
			to := c.resize[rand.IntN(len(c.resize))]
			if err := c.pool.Resize(to[0], to[1]); err != nil {
				c.world.fault("Resize: %v", err)
			}
		}
	default:
		c.poke()
	}
}

// reset begins before it is counted as done, and whatever was opened before it
// began may not be seen by those who come when it is done.
func (c *stressCaller) reset() {
	n := c.world.resets.Add(1)
	defer func() {
		for floor := c.world.floor.Load(); n > floor && !c.world.floor.CompareAndSwap(floor, n); floor = c.world.floor.Load() {
		}
	}()
	c.pool.Reset()
}

// shut closes the pool while it is in use.
func (c *stressCaller) shut() {
	defer c.world.shut.Store(true)
	if rand.IntN(2) == 0 {
		c.pool.Close()
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out *resource.ShutdownError
	if err := c.pool.Shutdown(ctx); err != nil && (!errors.As(err, &out) || !errors.Is(err, context.Canceled)) {
		c.world.fault("Shutdown: %v", err)
	}
}

// context returns one that does not end, one that does but late, one that
// another caller cancels, or one that has ended.
func (c *stressCaller) context() (context.Context, context.CancelFunc) {
	n := rand.IntN(16)
	ctx := context.Background()
	if n < 8 {
		ctx = context.WithValue(ctx, stressPatient{}, true)
	}
	if n < 4 {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	if n == 15 {
		cancel()
	}
	if n >= 8 {
		select {
		case c.cancels <- cancel:
		default:
		}
	}
	return ctx, cancel
}

// stressCall is one acquire, which is counted however it ends.
type stressCall struct {
	*stressCaller
	ctx     stressContext
	cancel  context.CancelFunc
	waits   bool
	late    bool  // the pool had been closed
	floor   int64 // the world's when it began
	settled bool
}

func (c *stressCaller) call(waits bool) *stressCall {
	c.seen.calls.Add(1)
	ctx, cancel := c.context()
	return &stressCall{
		stressCaller: c, ctx: stressContext{Context: ctx}, cancel: cancel, waits: waits,
		late: c.world.shut.Load(), floor: c.world.floor.Load(),
	}
}

// outcome counts the first that there is: what follows a lease is another
// matter.
func (c *stressCall) outcome(err error) {
	if !c.settled {
		c.settled = true
		c.seen.note(err)
		if c.late && !errors.Is(err, resource.ErrClosed) && !errors.Is(err, context.Canceled) {
			c.world.fault("an acquire of a closed pool: %v", err)
		}
	}
}

func (c *stressCall) end() {
	c.cancel()
	if c.waits && c.ctx.early.Load() {
		c.seen.early.Add(1)
	}
	if !c.settled {
		c.seen.broken.Add(1)
	}
}

type stressGet func(*resource.Pool[*stressThing], context.Context) (resource.Lease[*stressThing], error)

func (c *stressCaller) lease(get stressGet, waits bool) {
	call := c.call(waits)
	defer call.end()
	lease, err := get(c.pool, &call.ctx)
	call.outcome(err)
	if err != nil {
		return
	}
	x := lease.Value()
	call.use(x)
	c.over[rand.IntN(len(c.over))] = lease
	switch rand.IntN(16) {
	case 0, 1:
		c.seen.discarded.Add(1)
		err = lease.Discard()
	case 2:
		c.world.places.Add(-1)
		c.seen.detached.Add(1)
		_, err = lease.Detach()
		x.pass(free, detached)
	case 3:
		// Of two that give back the same lease, one does.
		other := make(chan error, 1)
		go func() { other <- lease.Release() }()
		if err = lease.Release(); err == nil {
			err = <-other
		} else if err2 := <-other; err2 != nil {
			c.world.fault("neither Release was the first: %v, %v", err, err2)
		}
		if !errors.Is(err, resource.ErrReleased) {
			c.world.fault("second Release: %v", err)
		}
		err = nil
	default:
		err = lease.Release()
	}
	if err != nil {
		c.world.fault("a lease in force: %v", err)
	}
}

// hoard takes up to n resources, and gives them all back, so that some are idle.
// With all of them in hand it waits for one more where only WaitTimeout can end
// that.
func (c *stressCaller) hoard(n int) {
	call := c.call(false)
	defer call.end()
	lease, err := c.pool.TryAcquire(&call.ctx)
	call.outcome(err)
	switch {
	case err == nil:
		defer lease.Release()
		call.use(lease.Value())
		if n > 1 {
			c.hoard(n - 1)
		}
	case c.WaitTimeout > 0:
		c.lease((*resource.Pool[*stressThing]).Acquire, true)
	}
}

// use holds a resource for a while. It is free before it is given back:
// afterwards it may be another's.
func (c *stressCall) use(x *stressThing) {
	if x.late || x.resets < c.floor {
		c.world.fault("lent when it had been opened too late (%v), or before reset %d (%d)", x.late, c.floor, x.resets)
	}
	x.pass(free, held)
	linger()
	x.uses++
	x.pass(held, free)
}

func (c *stressCaller) do() {
	call := c.call(true)
	defer call.end()
	err := c.pool.Do(&call.ctx, func(_ context.Context, x *stressThing) error {
		call.outcome(nil)
		returned := false
		defer func() {
			if !returned {
				c.seen.discarded.Add(1)
			}
		}()
		call.use(x)
		err := c.world.mishap(30, true)
		returned = true
		return err
	})
	call.outcome(err)
}

// poke uses a lease that is over.
func (c *stressCaller) poke() {
	lease := c.over[rand.IntN(len(c.over))]
	if _, ok := lease.ValueOK(); ok {
		c.world.fault("a lease that is over has a value")
	}
	_, err := lease.Detach()
	for _, err := range []error{lease.Release(), lease.Discard(), err} {
		if !errors.Is(err, resource.ErrReleased) {
			c.world.fault("a lease that is over: %v", err)
		}
	}
}

// look takes a snapshot, which must be one of a single moment.
func (c *stressCaller) look() {
	st := c.pool.Stats()
	switch {
	case st.Active != st.Opening+st.Testing+st.Idle+st.Leased+st.Closing,
		c.world.limit > 0 && st.Active > int(c.world.limit),
		c.MaxIdle > 0 && len(c.resize) == 0 && st.Idle > c.MaxIdle,
		c.MaxWaiters > 0 && st.Waiting > c.MaxWaiters,
		st.Waiting > 0 && (st.Idle > 0 || st.Active < st.MaxActive),
		st.PeakActive < st.Active, st.PeakLeased < st.Leased, st.PeakIdle < st.Idle, st.PeakWaiting < st.Waiting:
		c.world.fault("impossible: %+v", st)
	}
}
