package resource

import (
	"context"
	"errors"
	"time"
)

// acquire acquires thing n. It must not take time.
func (w *world) acquire(n int) Lease[*thing] {
	w.t.Helper()
	return w.start(context.Background()).granted(n)
}

// acquires acquires things 1 to n of a new pool.
func (w *world) acquires(n int) []Lease[*thing] {
	w.t.Helper()
	var all []Lease[*thing]
	for i := range n {
		all = append(all, w.acquire(i+1))
	}
	w.opened(upTo(n)...)
	return all
}

// release gives leases back, in that order.
func (w *world) release(ls ...Lease[*thing]) {
	w.t.Helper()
	for _, l := range ls {
		if !l.Release() {
			w.t.Error("release: the lease was not in force")
		}
		w.step()
	}
}

// idle fills a new pool with the idle things 1 to n. Thing 1 has been idle
// longest.
func (w *world) idle(n int) {
	w.t.Helper()
	w.release(w.acquires(n)...)
}

func upTo(n int) []int {
	ns := make([]int, n)
	for i := range ns {
		ns[i] = i + 1
	}
	return ns
}

// call is a call of the pool, on its own goroutine.
type call struct {
	w    *world
	done chan struct{} // closed when the fields below are set

	lease    Lease[*thing]
	err      error
	panicked any
	exited   bool // by panic or runtime.Goexit
	took     time.Duration
}

func (w *world) start(ctx context.Context) *call {
	w.t.Helper()
	return w.call(func() (Lease[*thing], error) { return w.pool.Acquire(ctx) })
}

func (w *world) startTry(ctx context.Context) *call {
	w.t.Helper()
	return w.call(func() (Lease[*thing], error) { return w.pool.TryAcquire(ctx) })
}

// startErr starts a call that lends nothing.
func (w *world) startErr(f func() error) *call {
	w.t.Helper()
	return w.call(func() (l Lease[*thing], err error) { return l, f() })
}

// errOver is the error of a call that ends a lease which is over.
var errOver = errors.New("the lease was not in force")

// startEnd ends a lease.
func (w *world) startEnd(end func() bool) *call {
	w.t.Helper()
	return w.startErr(func() error {
		if !end() {
			return errOver
		}
		return nil
	})
}

// call calls f, and returns when it is done or cannot go on.
func (w *world) call(f func() (Lease[*thing], error)) *call {
	w.t.Helper()
	c := &call{w: w, done: make(chan struct{}), exited: true}
	begin := time.Now()
	go func() {
		defer func() {
			if c.exited {
				c.panicked = recover()
			}
			c.took = time.Since(begin)
			close(c.done)
		}()
		c.lease, c.err = f()
		c.exited = false
	}()
	w.step()
	return c
}

func (c *call) isDone() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// pending checks that the call has not returned.
func (c *call) pending() {
	c.w.t.Helper()
	c.w.step()
	if c.isDone() {
		c.w.t.Errorf("the call returned after %v with error %v, should wait", c.took, c.err)
	}
}

// returned checks that the call is over, and how.
func (c *call) returned(want error) {
	c.w.t.Helper()
	c.w.step()
	switch {
	case !c.isDone():
		c.w.t.Fatalf("the call has not returned, want error %v", want)
	case c.exited:
		c.w.t.Fatalf("the call panicked with %v, want error %v", c.panicked, want)
	case !errors.Is(c.err, want):
		c.w.t.Errorf("got the error %v, want %v", c.err, want)
	}
}

// granted checks that the call got thing n.
func (c *call) granted(n int) Lease[*thing] {
	c.w.t.Helper()
	c.returned(nil)
	if v, ok := c.lease.ValueOK(); !ok || v.n != n || v.closes > 0 {
		c.w.t.Fatalf("got the thing %+v (%v), error %v; want %d", v, ok, c.err, n)
	}
	return c.lease
}

// threw checks that the call panicked with v, or with a PanicError of v; or exited,
// if v is nil.
func (c *call) threw(v any) {
	c.w.t.Helper()
	c.w.step()
	if !c.isDone() {
		c.w.t.Fatal("the call has not returned")
	}
	got := c.panicked
	if passed, ok := got.(*PanicError); ok {
		got = passed.Value
	}
	if !c.exited || got != v {
		c.w.t.Errorf("exited %v with %v, error %v; want %v", c.exited, c.panicked, c.err, v)
	}
}

// after checks how long the call took.
func (c *call) after(d time.Duration) {
	c.w.t.Helper()
	if c.isDone() && c.took != d {
		c.w.t.Errorf("the call took %v, want %v", c.took, d)
	}
}
