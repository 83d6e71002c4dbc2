package resource

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

func odd(v *thing) bool { return v.n%2 == 1 }

func TestRetire(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 6})
		held := w.acquires(6)
		w.release(held[0], held[1], held[2])
		w.pool.Retire(odd)
		w.closed(1, 3) // before Retire has returned
		w.step()
		if v := held[4].Value(); v.closes > 0 {
			t.Error("a leased one was closed")
		}
		w.release(held[3])
		w.step()
		held[4].Release()
		w.closed(5)
		w.release(held[5])
		w.release(w.acquire(6))
		if st := w.pool.Stats(); st.Closed.Retired != 3 || st.Closed.Total() != 3 || st.Idle != 3 {
			t.Errorf("got %+v", st)
		}
		w.shut(2, 4, 6)
	})
}

// A resource that was retired while it was leased goes to no waiter. The waiter gets its
// place.
func TestRetiredGoesToNoWaiter(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 1})
		held := w.acquires(1)
		next := w.start(context.Background())
		w.pool.Retire(odd)
		held[0].Release()
		w.step()
		w.closed(1)
		w.opened(2)
		w.release(next.granted(2))
		w.shut(2)
	})
}

func TestRetireDuringOpening(t *testing.T) {
	refused := errors.New("refused")
	inWorld(t, func(w *world) {
		w.onOpen = func(_ context.Context, n int) error {
			time.Sleep(time.Duration(n) * time.Second)
			if n == 2 {
				return refused
			}
			return nil
		}
		w.build(Config[*thing]{})
		a, b, c := w.start(context.Background()), w.start(context.Background()), w.start(context.Background())
		w.pool.Retire(odd)
		w.onOpen = nil
		w.release(w.acquire(4)) // it began later
		w.opened(4)
		w.release(w.acquire(4))
		w.sleep(3 * time.Second)
		w.opened(1, 3)
		w.failed(2)
		b.returned(refused)
		first, third := a.granted(1), c.granted(3)
		first.Release()
		w.closed(1)
		third.Release()
		w.closed(3)
		w.pool.Retire(odd)
		w.release(w.acquire(4))
		if n := len(w.pool.lateRetires); n > 0 {
			t.Errorf("%d are kept", n)
		}
		w.shut(4)
	})
}

func TestRetireDuringTest(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onTest = func(context.Context, int, time.Time) error { time.Sleep(time.Second); return nil }
		w.build(Config[*thing]{MaxActive: 1, BorrowTest: policy.Test(w.test)})
		w.idle(1)
		a := w.start(context.Background())
		w.pool.Retire(odd)
		w.sleep(time.Second)
		w.tested(1)
		w.closed(1)
		w.opened(2)
		w.release(a.granted(2))
		w.shut(2)
	})
}

// Retire looks at all resources, however many there are, and MinIdle replaces them.
func TestRetireMany(t *testing.T) {
	const n = 2*retireBatch + 10
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxIdle: n, MinIdle: n})
		w.sleep(time.Second)
		w.unclaimed.opened = nil
		var seen int
		w.pool.Retire(func(v *thing) bool { seen++; return odd(v) })
		if seen != n {
			t.Errorf("looked at %d of %d", seen, n)
		}
		w.sleep(time.Second)
		if st := w.pool.Stats(); st.Closed.Retired != n/2 || st.Idle != n {
			t.Errorf("got %+v", st)
		}
		w.unclaimed = effects{}
		w.pool.Close()
		w.unclaimed = effects{}
	})
}

// A match that panics loses nothing: what it has matched in earlier batches is closed.
func TestRetireMatchPanics(t *testing.T) {
	const n = retireBatch + 1
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{})
		w.idle(n)
		calls := 0
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			w.pool.Retire(func(*thing) bool {
				if calls++; calls == n {
					panic("no")
				}
				return true
			})
		}()
		if st := w.pool.Stats(); st.Closed.Retired != retireBatch || st.Idle != 1 {
			t.Errorf("got %+v", st)
		}
		w.unclaimed = effects{}
		w.pool.Close()
		w.unclaimed = effects{}
	})
}

func TestRetireAfterClose(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{})
		held := w.acquires(1)
		w.shut()
		w.pool.Retire(func(*thing) bool { t.Error("called"); return true })
		held[0].Release()
		w.closed(1)
		func() {
			defer func() {
				if r := recover(); r != "resource: nil function" {
					t.Errorf("panic %v", r)
				}
			}()
			w.pool.Retire(nil)
		}()
	})
}
