package resource

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

var (
	errOpen = errors.New("cannot open")
	errTest = errors.New("not good")
)

func TestMinIdleIsFilledAfterNew(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MinIdle: 3})
		w.step()
		w.opened(1, 2, 3)
		if st := w.pool.Stats(); st.Idle != 3 || st.Acquired != 0 {
			t.Errorf("after New: %+v", st)
		}
		w.sleep(time.Hour)
		w.shut(1, 2, 3)
	})
}

func TestMinIdleOpensOneAfterAnother(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = func(context.Context, int) error { time.Sleep(time.Second); return nil }
		w.build(Config[*thing]{MinIdle: 3})
		for n := 1; n <= 3; n++ {
			w.step()
			if st := w.pool.Stats(); st.Opening != 1 || st.Idle != n-1 {
				t.Errorf("before %d is open: %+v", n, st)
			}
			w.sleep(time.Second)
			w.opened(n)
		}
		w.sleep(time.Hour)
		w.shut(1, 2, 3)
	})
}

func TestMinIdleIsRefilled(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MinIdle: 2, Lifetime: policy.MaxAge(time.Hour)})
		w.step()
		w.opened(1, 2)
		a := w.acquire(2)
		w.opened(3)
		w.release(a)
		w.sleep(time.Hour)
		w.closed(1, 2, 3)
		w.opened(4, 5)
		a, b := w.acquire(5), w.acquire(6)
		w.opened(6, 7)
		a.Discard()
		w.closed(5)
		w.detach(b)
		w.pool.Reset()
		w.closed(4, 7)
		w.step()
		w.opened(8, 9)
		w.shut(8, 9)
	})
}

func TestMinIdleStaysBelowMaxActive(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 3, MinIdle: 2})
		w.step()
		w.opened(1, 2)
		a, b, c := w.acquire(2), w.acquire(3), w.acquire(1)
		w.opened(3)
		d := w.start(context.Background())
		d.pending()
		w.onClose = func(int) error { time.Sleep(time.Second); return nil }
		for _, l := range []Lease[*thing]{a, b} {
			go l.Discard()
		}
		w.step()
		d.pending()
		w.sleep(time.Second)
		w.closed(2, 3)
		w.opened(4, 5)
		w.release(c, d.lease)
		if st := w.pool.Stats(); st.Idle != 3 || st.PeakActive != 3 {
			t.Errorf("in the end: %+v", st)
		}
		w.shut(1, 4, 5)
	})
}

func TestMinIdleBacksOff(t *testing.T) {
	inWorld(t, func(w *world) {
		var at []time.Duration
		broken := true
		w.onOpen = func(context.Context, int) error {
			at = append(at, time.Since(w.began))
			if broken {
				return errOpen
			}
			return nil
		}
		w.build(Config[*thing]{MinIdle: 1})
		w.sleep(33 * time.Second)
		want := []time.Duration{0, 100, 300, 700, 1500, 3100, 6300, 12700, 22700, 32700}
		for i := range want {
			want[i] *= time.Millisecond
		}
		if !slices.Equal(at, want) {
			t.Errorf("attempts at %v, want %v", at, want)
		}
		w.failed(upTo(10)...)

		broken = false
		w.sleep(10 * time.Second)
		w.opened(11)

		// A success ends the series: the next failure is a first one.
		at, broken = nil, true
		begin := time.Since(w.began)
		w.step()
		a := w.acquire(11)
		w.sleep(299 * time.Millisecond)
		w.failed(12, 13)
		if want := []time.Duration{begin, begin + 100*time.Millisecond}; !slices.Equal(at, want) {
			t.Errorf("attempts at %v, want %v", at, want)
		}
		w.release(a)
		w.sleep(time.Hour)
		w.shut(11)
	})
}

func TestMinIdleSurvivesGoexit(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = func(_ context.Context, n int) error {
			if n == 1 {
				runtime.Goexit()
			}
			return nil
		}
		w.build(Config[*thing]{MinIdle: 1})
		w.step()
		w.failed(1)
		w.sleep(100 * time.Millisecond)
		w.opened(2)
		w.shut(2)
	})
}

func TestMinIdleEndsWithClose(t *testing.T) {
	inWorld(t, func(w *world) {
		var ended time.Duration
		w.onOpen = func(ctx context.Context, _ int) error {
			<-ctx.Done()
			ended = time.Since(w.began)
			return context.Cause(ctx)
		}
		w.build(Config[*thing]{MinIdle: 1})
		w.sleep(time.Second)
		w.shut()
		w.failed(1)
		if ended != time.Second {
			t.Errorf("the opening ended at %v, want 1s", ended)
		}
		w.sleep(time.Hour)
	})
}

// An opening that ignores its context outlives Close, and its resource is closed.
func TestMinIdleStraddlesClose(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = func(context.Context, int) error { time.Sleep(time.Second); return nil }
		w.build(Config[*thing]{MinIdle: 3})
		w.step()
		w.shut()
		w.sleep(time.Second)
		w.opened(1)
		w.closed(1)
		w.sleep(time.Hour)
	})
}

// Waiters come first: the first waiter gets a resource opened in advance, or its
// place if the opening fails.
func TestMinIdleServesWaiters(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = func(_ context.Context, n int) error {
			if n < 4 {
				time.Sleep(time.Second)
			}
			if n == 2 {
				return errOpen
			}
			return nil
		}
		w.build(Config[*thing]{MaxActive: 1, MinIdle: 1})
		w.step()
		a := w.start(context.Background())
		w.sleep(time.Second)
		w.opened(1)
		w.detach(a.granted(1))
		b := w.start(context.Background())
		b.pending()
		w.sleep(2 * time.Second)
		w.failed(2)
		w.opened(3)
		b.granted(3)
		w.release(b.lease)
		w.shut(3)
	})
}
