package resource

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// ends are the ways to end a lease.
var ends = map[string]func(Lease[*thing]) bool{
	"Release": Lease[*thing].Release,
	"Discard": Lease[*thing].Discard,
	"Detach":  func(l Lease[*thing]) bool { _, ok := l.Detach(); return ok },
}

// over checks that a lease is over, whatever is done with it.
func over(t *testing.T, l Lease[*thing]) {
	t.Helper()
	for name, end := range ends {
		if end(l) {
			t.Errorf("%s says that the lease was in force", name)
		}
	}
	if v, ok := l.Detach(); v != nil || ok {
		t.Errorf("Detach returns %v, %v", v, ok)
	}
	if v, ok := l.ValueOK(); v != nil || ok {
		t.Errorf("ValueOK returns %v, %v", v, ok)
	}
	defer func() {
		if got := recover(); got != "resource: Value of a lease that is over" {
			t.Errorf("Value panics with %v", got)
		}
	}()
	l.Value()
}

func TestZeroLease(t *testing.T) { over(t, Lease[*thing]{}) }

func TestLeaseEndsOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 1})
		a := w.acquires(1)[0]
		b := a
		if v, ok := b.ValueOK(); !ok || v != a.Value() {
			t.Errorf("a copy has %v, %v", v, ok)
		}
		w.release(a)
		over(t, a)
		over(t, b)

		c := w.acquire(1)
		over(t, a)
		over(t, b)
		if v := c.Value(); v.n != 1 || v.closes > 0 {
			t.Errorf("the next holder has %+v", v)
		}
		if st := w.pool.Stats(); st.Leased != 1 {
			t.Errorf("got %+v", st)
		}
		c.Discard()
		w.closed(1)
		over(t, c)

		d := w.acquire(2)
		w.opened(2)
		w.detach(d)
		over(t, d)
		w.shut()
		over(t, d)
	})
}

// A stale lease does nothing to a resource that was passed on to a waiter, or
// that is idle, tested or closed.
func TestStaleLeaseLeavesTheNextHolderAlone(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 1})
		a := w.acquires(1)[0]
		next := w.start(context.Background())
		w.release(a)
		over(t, a)
		b := next.granted(1)
		w.step()
		if v, ok := b.ValueOK(); !ok || v.n != 1 {
			t.Errorf("the next holder has %v, %v", v, ok)
		}
		w.shut()
		over(t, a)
		w.release(b)
		w.closed(1)
		over(t, b)
	})
}

// If two goroutines end a lease at the same moment, one of them succeeds.
func TestTwoEndOneLease(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{})
		for range 3000 {
			l, err := w.pool.Acquire(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			var won, here atomic.Int32
			var both sync.WaitGroup
			for _, end := range []func(Lease[*thing]) bool{ends["Release"], ends["Discard"]} {
				both.Go(func() {
					for here.Add(1); here.Load() < 2; { // a gate would let one go before the other
						runtime.Gosched()
					}
					if end(l) {
						won.Add(1)
					}
				})
			}
			both.Wait()
			if won.Load() != 1 {
				t.Fatalf("%d ended the lease", won.Load())
			}
		}
		w.pool.Close()
		w.forget()
	})
}

func TestDetachFreesAPlace(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 1})
		a := w.acquires(1)[0]
		v := a.Value()
		w.detach(a)
		if v.closes != 0 {
			t.Error("the pool closed what was detached")
		}
		if st := w.pool.Stats(); st.Active != 0 || st.Detached != 1 || st.Closed.Total() != 0 {
			t.Errorf("got %+v", st)
		}
		w.release(w.acquire(2))
		w.opened(2)
		w.shut(2)
	})
}

// Also of a pool that has been closed.
func TestDetachAfterClose(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{})
		a := w.acquires(1)[0]
		w.shut()
		w.detach(a)
		w.startErr(func() error { return w.pool.Shutdown(context.Background()) }).returned(nil)
	})
}
