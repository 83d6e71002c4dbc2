package resource

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
)

// A caller in the background leaves the reserve, and gets what is idle in the lane too.
func TestAcquireBackground(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 3, Reserve: 1})
		get := func(want error) Lease[*thing] {
			t.Helper()
			l, err := w.pool.AcquireBackground(context.Background())
			if !errors.Is(err, want) || want != nil && !errors.Is(err, ErrExhausted) {
				t.Errorf("got %v, want %v", err, want)
			}
			return l
		}
		a := get(nil)
		w.opened(1)
		w.release(a)
		b := get(nil) // it was in the lane
		if b.Value().n != 1 {
			t.Errorf("got thing %d, and 1 is idle", b.Value().n)
		}
		c := w.acquire(2)
		w.opened(2)
		get(ErrReserved)
		w.release(c)
		c = get(nil)
		last := w.acquire(3) // the reserve is for others
		w.opened(3)
		done := make(chan error, 1)
		go func() {
			lease, err := w.pool.Acquire(context.Background())
			if err == nil {
				lease.Release()
			}
			done <- err
		}()
		synctest.Wait()
		get(ErrReserved)
		w.release(last)
		if err := <-done; err != nil {
			t.Error(err)
		}
		if st := w.pool.Stats(); st.Reserved != 2 || st.Exhausted != 0 || st.Acquired != 6 || st.PeakWaiting != 1 {
			t.Errorf("%+v", st)
		}
		w.release(b)
		w.release(c)
		w.shut(1, 2, 3)
		if _, err := w.pool.AcquireBackground(context.Background()); !errors.Is(err, ErrClosed) {
			t.Errorf("after close: %v", err)
		}
	})
}

// With an ended context nothing is taken.
func TestAcquireBackgroundEnded(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{})
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := w.pool.AcquireBackground(ctx); err != context.Canceled {
			t.Error(err)
		}
	})
}

// An observer hears of a caller in the background as of any other.
func TestAcquireBackgroundObserved(t *testing.T) {
	inWorld(t, func(w *world) {
		var mu sync.Mutex // a pool that ends says so on another goroutine
		var kinds []EventKind
		w.build(Config[*thing]{MaxActive: 2, Reserve: 1, Observer: observerFunc(func(e Event) {
			mu.Lock()
			defer mu.Unlock()
			kinds = append(kinds, e.Kind)
		})})
		l, err := w.pool.AcquireBackground(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		w.opened(1)
		if _, err := w.pool.AcquireBackground(context.Background()); !errors.Is(err, ErrReserved) {
			t.Error(err)
		}
		mu.Lock()
		if len(kinds) != 3 || kinds[0] != EventOpened || kinds[1] != EventAcquired || kinds[2] != EventRefused {
			t.Errorf("observed %v", kinds)
		}
		mu.Unlock()
		w.release(l)
		w.shut(1)
	})
}
