package resource

import (
	"context"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

const ms = time.Millisecond

// slowly opens in 300 ms, whatever its context says.
func slowly(context.Context, int) error { time.Sleep(300 * ms); return nil }

// abandon starts an opening of 300 ms, and leaves it after 30.
func (w *world) abandon() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*ms)
	defer cancel()
	a := w.start(ctx)
	w.sleep(30*ms - 1)
	a.pending()
	w.sleep(1)
	a.returned(context.DeadlineExceeded)
	a.after(30 * ms)
}

func TestDetachedOpenIsLeft(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = slowly
		w.build(Config[*thing]{MaxActive: 1, OpenDetached: true})
		w.abandon()
		if st := w.pool.Stats(); st.Opening != 1 || st.Failed != 1 {
			t.Errorf("got %+v", st)
		}
		next := w.start(context.Background())
		w.sleep(270 * ms)
		next.granted(1)
		next.after(270 * ms)
		w.opened(1)
		w.release(next.lease)
		w.shut(1)
	})
}

// If no caller waits, the resource becomes idle.
func TestDetachedOpenIsKept(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = slowly
		w.build(Config[*thing]{MaxActive: 1, OpenDetached: true, Eviction: policy.IdleTimeout(time.Minute)})
		w.abandon()
		w.sleep(270 * ms)
		w.opened(1)
		w.release(w.acquire(1))
		w.sleep(time.Minute + 1)
		w.closed(1)
		w.shut()
	})
}

func TestDetachedOpenIsSurplus(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = slowly
		w.build(Config[*thing]{OpenDetached: true, MaxIdle: KeepNone})
		w.abandon()
		w.sleep(270 * ms)
		w.opened(1)
		w.closed(1)
		w.shut()
	})
}

func TestDetachedOpenFails(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = func(_ context.Context, n int) error {
			time.Sleep(300 * ms)
			if n < 3 {
				return errOpen
			}
			return nil
		}
		w.build(Config[*thing]{MaxActive: 1, OpenDetached: true})
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		a := w.start(ctx)
		w.sleep(300 * ms)
		a.returned(errOpen)
		w.failed(1)

		w.abandon()
		next := w.start(ctx)
		w.sleep(270 * ms)
		w.failed(2)
		next.pending()
		w.sleep(300 * ms)
		w.opened(3)
		w.release(next.granted(3))
		if st := w.pool.Stats(); st.Failed != 2 || st.OpenFailed != 2 {
			t.Errorf("got %+v", st)
		}
		w.shut(3)
	})
}

// Its context has the caller's values and no deadline.
func TestDetachedOpenContext(t *testing.T) {
	inWorld(t, func(w *world) {
		type key struct{}
		w.onOpen = func(ctx context.Context, _ int) error {
			if _, limited := ctx.Deadline(); limited || ctx.Value(key{}) != "caller" {
				t.Errorf("opened with %v", ctx)
			}
			time.Sleep(300 * ms)
			return ctx.Err()
		}
		w.build(Config[*thing]{OpenDetached: true})
		for _, cancellable := range []bool{false, true} {
			ctx := context.WithValue(context.Background(), key{}, "caller")
			if cancellable {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, time.Second)
				defer cancel()
			}
			a := w.start(ctx)
			w.sleep(300 * ms)
			a.after(300 * ms)
			w.detach(a.lease)
		}
		w.opened(1, 2)
		w.shut()
	})
}

// An opening whose caller has left ends with the pool, and after OpenTimeout. It
// does not end with its caller, nor with the pool while its caller is there.
func TestDetachedOpenEnds(t *testing.T) {
	const callerLeaves = 30 * ms
	for name, c := range map[string]struct {
		timeout, closed, ends time.Duration
	}{
		"timeout":              {200 * ms, time.Hour, callerLeaves + 200*ms},
		"pool closed":          {0, 100 * ms, 100 * ms},
		"closed before":        {time.Minute, 10 * ms, callerLeaves},
		"timeout before close": {200 * ms, 300 * ms, callerLeaves + 200*ms},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.onOpen = func(ctx context.Context, _ int) error {
					<-ctx.Done()
					if took := time.Since(w.began); took != c.ends {
						t.Errorf("the context ended after %v, want %v", took, c.ends)
					}
					return ctx.Err()
				}
				w.build(Config[*thing]{MaxActive: 1, OpenDetached: true, OpenTimeout: c.timeout})
				time.AfterFunc(c.closed, func() { w.pool.Close() })
				ctx, cancel := context.WithTimeout(context.Background(), callerLeaves)
				defer cancel()
				a := w.start(ctx)
				w.sleep(callerLeaves)
				a.returned(context.DeadlineExceeded)
				a.after(callerLeaves)
				w.sleep(time.Minute)
				w.failed(1)
				w.sleep(time.Hour)
			})
		})
	}
}

// A caller that stays is bounded only by its own context.
func TestDetachedOpenOfAPatientCaller(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = func(ctx context.Context, _ int) error { time.Sleep(time.Minute); return ctx.Err() }
		w.build(Config[*thing]{OpenDetached: true, OpenTimeout: time.Second})
		ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
		defer cancel()
		a := w.start(ctx)
		w.sleep(time.Minute)
		w.release(a.granted(1))
		w.opened(1)
		w.shut(1)
	})
}

// No caller waits for an opening for MinIdle, so OpenTimeout bounds it too.
func TestOpenTimeoutOfMinIdle(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = func(ctx context.Context, n int) error {
			if n == 1 {
				<-ctx.Done()
			}
			return ctx.Err()
		}
		w.build(Config[*thing]{MinIdle: 1, OpenTimeout: time.Second})
		w.sleep(time.Second)
		w.failed(1)
		w.sleep(time.Second)
		w.opened(2)
		w.shut(2)
	})
}

// If the opening and the caller's context end at the same instant, the caller
// gets one of both outcomes, and no resource is lost.
func TestDetachedOpenEndsWithTheContext(t *testing.T) {
	inWorld(t, func(w *world) {
		outcomes := map[bool]int{}
		for i := range 300 {
			ctx, cancel := context.WithTimeout(context.Background(), 300*ms)
			w.onOpen = slowly
			if i%2 == 0 {
				// The caller is awake because of its context, and then comes too late.
				w.onOpen = func(context.Context, int) error { time.Sleep(300*ms - 1); cancel(); return nil }
			}
			w.build(Config[*thing]{MaxActive: 1, OpenDetached: true})
			a := w.start(ctx)
			w.sleep(300 * ms)
			<-a.done
			outcomes[a.err == nil]++
			if a.err == nil {
				w.release(a.granted(1))
			} else {
				a.returned(ctx.Err())
			}
			cancel()
			w.release(w.acquire(1))
			w.pool.Close()
			w.forget()
		}
		t.Logf("granted %d times, left %d times", outcomes[true], outcomes[false])
	})
}

func TestDetachedGoexitAfterTheCallerLeft(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = func(_ context.Context, n int) error {
			if n == 1 {
				time.Sleep(300 * ms)
				return crash(nil)
			}
			return nil
		}
		w.build(Config[*thing]{MaxActive: 1, OpenDetached: true})
		w.abandon()
		next := w.start(context.Background())
		w.sleep(270 * ms)
		w.failed(1)
		w.release(next.granted(2))
		w.opened(2)
		w.shut(2)
	})
}

func TestDetachedOpenStraddlesClose(t *testing.T) {
	for _, left := range []bool{false, true} {
		inWorld(t, func(w *world) {
			w.onOpen = slowly
			w.build(Config[*thing]{OpenDetached: true})
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			a := w.start(ctx)
			if left {
				cancel()
				a.returned(context.Canceled)
			}
			w.shut()
			w.sleep(300 * ms)
			w.opened(1)
			w.closed(1)
			if !left {
				a.returned(ErrClosed)
			}
		})
	}
}
