package resource

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

// keyedThing is a resource of a key. Its number is that of the attempt to open it under
// any key, from 1.
type keyedThing struct {
	key string
	n   int
}

func (v keyedThing) String() string { return fmt.Sprintf("%s%d", v.key, v.n) }

// keyedWorld is everything outside of a Keyed: it opens and closes keyedThings, and holds
// them against the limits at every instant.
type keyedWorld struct {
	t *testing.T
	k *Keyed[string, keyedThing]

	onOpen  func(ctx context.Context, v keyedThing) error
	onClose func(v keyedThing)
	config  func(key string) (Config[keyedThing], error)

	mu       sync.Mutex
	limit    int // over all keys
	perKey   int
	attempts int
	all      int
	byKey    map[string]int
	alive    map[keyedThing]bool
	opened   []string // since the last claim
	closed   []string
}

// inKeyedWorld runs a test in a bubble of virtual time. In the end everything must be
// closed.
func inKeyedWorld(t *testing.T, c KeyedConfig[string, keyedThing], each Config[keyedThing], f func(w *keyedWorld)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &keyedWorld{t: t, limit: c.MaxActive, perKey: each.MaxActive, byKey: map[string]int{}, alive: map[keyedThing]bool{}}
		w.config = func(key string) (Config[keyedThing], error) {
			one := each
			one.Open = func(ctx context.Context) (keyedThing, error) { return w.open(ctx, key) }
			one.Close = w.close
			return one, nil
		}
		c.Config = func(key string) (Config[keyedThing], error) { return w.config(key) }
		k, err := NewKeyed(c)
		if err != nil {
			t.Fatal(err)
		}
		w.k = k
		f(w)
		k.Close()
		w.step()
		if len(w.alive) > 0 {
			t.Errorf("left open: %v", w.alive)
		}
		if st := k.Stats(); st.Active != 0 || st.Waiting != 0 || len(k.members) != 0 || len(k.Keys()) != 0 {
			t.Errorf("left over: %d members, %v", len(k.members), st)
		}
	})
}

func (w *keyedWorld) count(key string, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all += n
	w.byKey[key] += n
	if w.limit > 0 && w.all > w.limit {
		w.t.Errorf("%d exist, the limit is %d", w.all, w.limit)
	}
	if w.perKey > 0 && w.byKey[key] > w.perKey {
		w.t.Errorf("%d of %s exist, the limit is %d", w.byKey[key], key, w.perKey)
	}
}

func (w *keyedWorld) open(ctx context.Context, key string) (v keyedThing, err error) {
	w.k.Stats() // hangs if Open is called with the lock held
	w.count(key, 1)
	w.mu.Lock()
	w.attempts++
	v = keyedThing{key, w.attempts}
	w.mu.Unlock()
	ok := false
	defer func() {
		if !ok {
			w.count(key, -1)
		}
	}()
	if w.onOpen != nil {
		if err := w.onOpen(ctx, v); err != nil {
			return v, err
		}
	}
	ok = true
	w.mu.Lock()
	defer w.mu.Unlock()
	w.alive[v] = true
	w.opened = append(w.opened, v.String())
	return v, nil
}

func (w *keyedWorld) close(v keyedThing) error {
	w.k.Stats()
	defer func() {
		w.count(v.key, -1)
		w.mu.Lock()
		defer w.mu.Unlock()
		if !w.alive[v] {
			w.t.Errorf("%v is closed, and is not open", v)
		}
		delete(w.alive, v)
		w.closed = append(w.closed, v.String())
	}()
	if w.onClose != nil {
		w.onClose(v)
	}
	return nil
}

// step lets everything run that can without time passing, and checks the invariants.
func (w *keyedWorld) step() {
	w.t.Helper()
	synctest.Wait()
	w.k.mu.Lock()
	err := w.k.checkLocked()
	w.k.mu.Unlock()
	if err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	all := w.all
	w.mu.Unlock()
	if st := w.k.Stats(); st.Active != all || st.Active != st.Opening+st.Testing+st.Idle+st.Leased+st.Closing {
		w.t.Errorf("%d exist, but %v", all, st)
	}
}

// claim says what was opened and closed since the last claim, in any order.
func (w *keyedWorld) claim(opened, closed []string) {
	w.t.Helper()
	w.step()
	w.mu.Lock()
	defer w.mu.Unlock()
	slices.Sort(w.opened)
	slices.Sort(w.closed)
	if !slices.Equal(w.opened, opened) || !slices.Equal(w.closed, closed) {
		w.t.Errorf("opened %v and closed %v, want %v and %v", w.opened, w.closed, opened, closed)
	}
	w.opened, w.closed = nil, nil
}

// keyedCall is an acquire on its own goroutine.
type keyedCall struct {
	w      *keyedWorld
	cancel context.CancelFunc
	done   chan struct{}
	lease  Lease[keyedThing]
	err    error
	thrown any
}

func (w *keyedWorld) start(key string) *keyedCall {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c := &keyedCall{w: w, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		defer cancel()
		defer func() { c.thrown = recover() }()
		c.lease, c.err = w.k.Acquire(ctx, key)
	}()
	w.step()
	return c
}

func (c *keyedCall) over() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// served fails the test unless the call got something.
func (c *keyedCall) served() Lease[keyedThing] {
	c.w.t.Helper()
	c.w.step()
	if !c.over() || c.err != nil || c.thrown != nil {
		c.w.t.Fatalf("over: %t, error %v, panic %v", c.over(), c.err, c.thrown)
	}
	return c.lease
}

// granted fails the test unless the call got the thing.
func (c *keyedCall) granted(want string) Lease[keyedThing] {
	c.w.t.Helper()
	c.served()
	if got := c.lease.Value().String(); got != want {
		c.w.t.Fatalf("got %s, want %s", got, want)
	}
	return c.lease
}

func (c *keyedCall) pending() {
	c.w.t.Helper()
	c.w.step()
	if c.over() {
		c.w.t.Fatalf("over, with error %v", c.err)
	}
}

func (c *keyedCall) failed(want error) {
	c.w.t.Helper()
	c.w.step()
	if !c.over() || wrapped(c.err) != want {
		c.w.t.Fatalf("over: %t, error %v; want %v", c.over(), c.err, want)
	}
}

// wrapped returns what a PoolError wraps, and any other error as it is.
func wrapped(err error) error {
	if e, ok := err.(*PoolError); ok {
		return e.Err
	}
	return err
}

// take is a call that must be granted at once.
func (w *keyedWorld) take(key, want string) Lease[keyedThing] {
	w.t.Helper()
	return w.start(key).granted(want)
}

type (
	keyedConfig = KeyedConfig[string, keyedThing]
	thingConfig = Config[keyedThing]
)
