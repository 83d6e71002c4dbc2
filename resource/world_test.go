package resource

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// thing is a resource of the fake world. Its number is that of the attempt to
// open it, from 1.
type thing struct {
	n      int
	closes int // begun
}

// world is everything outside of a pool. It opens and closes numbered things,
// keeps an account of its own, and compares it with the pool's after every step.
// A line of the test must claim each effect in it, and everything must be closed in the end.
type world struct {
	t     *testing.T
	pool  *Pool[*thing]
	began time.Time

	// The hooks that open, test and close thing n, apart from the account. Nil:
	// success at once. A hook may sleep, fail, panic or exit.
	onOpen  func(ctx context.Context, n int) error
	onTest  func(ctx context.Context, n int, lastUsed time.Time) error
	onClose func(n int) error

	uncalled bool // an opening may fail before Open is called

	mu sync.Mutex

	limit    int // on things and openings together; 0: none
	attempts int
	opening  int
	testing  int
	closing  int
	alive    map[int]bool // opened, and no close has returned

	opens, fails, closes, taken uint64 // totals

	unclaimed effects
}

type effects struct{ opened, failed, tested, closed []int }

// inWorld runs a test in a bubble of virtual time.
func inWorld(t *testing.T, f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, began: time.Now(), alive: map[int]bool{}}
		f(w)
		w.end()
	})
}

// build makes the pool, with the world's Open and Close.
func (w *world) build(c Config[*thing]) {
	w.t.Helper()
	c.Open, c.Close = w.open, w.close
	w.mu.Lock() // a pool with MinIdle opens before New has returned
	defer w.mu.Unlock()
	pool, err := New(c)
	if err != nil {
		w.t.Fatal(err)
	}
	w.pool, w.limit = pool, c.MaxActive
}

// unlocked hangs if the pool calls user code with its lock held.
func (w *world) unlocked() {
	w.mu.Lock()
	pool := w.pool
	w.mu.Unlock()
	pool.Stats()
}

func (w *world) open(ctx context.Context) (v *thing, err error) {
	w.unlocked()
	w.mu.Lock()
	w.attempts++
	w.opening++
	n := w.attempts
	if all := len(w.alive) + w.opening; w.limit > 0 && all > w.limit {
		w.t.Errorf("opening %d makes %d, the limit is %d", n, all, w.limit)
	}
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.opening--
		if v == nil {
			w.fails++
			w.unclaimed.failed = append(w.unclaimed.failed, n)
			return
		}
		w.opens++
		w.alive[n] = true
		w.unclaimed.opened = append(w.unclaimed.opened, n)
	}()
	if w.onOpen != nil {
		if err := w.onOpen(ctx, n); err != nil {
			return nil, err
		}
	}
	return &thing{n: n}, nil
}

func (w *world) close(v *thing) error {
	w.unlocked()
	w.mu.Lock()
	if v.closes++; v.closes > 1 {
		w.t.Errorf("%d is closed %d times", v.n, v.closes)
	}
	if !w.alive[v.n] {
		w.t.Errorf("%d is closed, and was not open", v.n)
	}
	w.closing++
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.closing--
		w.closes++
		delete(w.alive, v.n)
		w.unclaimed.closed = append(w.unclaimed.closed, v.n)
	}()
	if w.onClose != nil {
		return w.onClose(v.n)
	}
	return nil
}

// test is the world's borrow test.
func (w *world) test(ctx context.Context, v *thing, lastUsed time.Time) error {
	w.unlocked()
	w.mu.Lock()
	w.testing++
	if v.closes > 0 {
		w.t.Errorf("%d is tested after its close", v.n)
	}
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.testing--
		w.unclaimed.tested = append(w.unclaimed.tested, v.n)
	}()
	if w.onTest != nil {
		return w.onTest(ctx, v.n, lastUsed)
	}
	return nil
}

// The claims: exactly these have been opened, ... since the last claim.

func (w *world) opened(ns ...int) { w.t.Helper(); w.claim("opened", &w.unclaimed.opened, ns) }
func (w *world) failed(ns ...int) { w.t.Helper(); w.claim("failed to open", &w.unclaimed.failed, ns) }
func (w *world) tested(ns ...int) { w.t.Helper(); w.claim("tested", &w.unclaimed.tested, ns) }
func (w *world) closed(ns ...int) { w.t.Helper(); w.claim("closed", &w.unclaimed.closed, ns) }

func (w *world) claim(what string, log *[]int, want []int) {
	w.t.Helper()
	w.mu.Lock()
	got := slices.Sorted(slices.Values(*log))
	*log = nil
	w.mu.Unlock()
	if !slices.Equal(got, want) {
		w.t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// take detaches a lease's thing and closes it.
func (w *world) take(l Lease[*thing]) {
	w.t.Helper()
	// The pool forgets it within Detach, and may open another in its place.
	w.mu.Lock()
	delete(w.alive, l.Value().n)
	w.taken++
	w.mu.Unlock()
	if _, ok := l.Detach(); !ok {
		w.t.Error("detach: the lease was not in force")
	}
}

// detach is take with a check of the counts.
func (w *world) detach(l Lease[*thing]) {
	w.t.Helper()
	w.take(l)
	w.step()
}

// step lets everything run that can without time passing, and compares the
// accounts.
func (w *world) step() {
	w.t.Helper()
	synctest.Wait()
	w.pool.mu.Lock()
	err := w.pool.ledger.Check()
	w.pool.mu.Unlock()
	if err != nil {
		w.t.Fatal(err)
	}
	st := w.pool.Stats()
	w.mu.Lock()
	defer w.mu.Unlock()
	alive := len(w.alive)
	switch {
	case st.Active != st.Opening+st.Testing+st.Idle+st.Leased+st.Closing,
		st.Active != st.Opening+alive, st.Opening != w.opening, st.Testing != w.testing, st.Closing < w.closing,
		st.Opened != w.opens, st.OpenFailed < w.fails, st.OpenFailed > w.fails && !w.uncalled, st.Closed.Total() != w.closes, st.Detached != w.taken:
		w.t.Errorf("alive %d, opening %d, testing %d, closing %d; opened %d, failed %d, closed %d, detached %d\nbut %+v",
			alive, w.opening, w.testing, w.closing, w.opens, w.fails, w.closes, w.taken, st)
	case w.limit > 0 && st.Active > w.limit:
		w.t.Errorf("active %d, the limit is %d", st.Active, w.limit)
	}
}

// sleep lets virtual time pass.
func (w *world) sleep(d time.Duration) {
	w.t.Helper()
	w.step() // and so publishes the hooks to the timer's goroutine
	time.Sleep(d)
	w.step()
}

// shut closes the pool, which must close ns before it returns.
func (w *world) shut(ns ...int) {
	w.t.Helper()
	if err := w.pool.Close(); err != nil {
		w.t.Errorf("close: %v", err)
	}
	w.closed(ns...)
	w.step()
}

func (w *world) end() {
	w.t.Helper()
	if w.pool != nil {
		w.step()
	}
	w.opened()
	w.failed()
	w.tested()
	w.closed()
	w.allClosed()
}

func (w *world) allClosed() {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.alive) > 0 {
		w.t.Errorf("left open: %v", w.alive)
	}
}
