package resource

import (
	"bytes"
	"context"
	"regexp"
	"runtime"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// quiet checks that the pool's timer is not set, now or ever again.
func (w *world) quiet() {
	w.t.Helper()
	w.step()
	w.pool.mu.Lock()
	defer w.pool.mu.Unlock()
	if w.pool.timerAt != policy.Never || w.pool.timer != nil && w.pool.timer.Stop() {
		w.t.Errorf("the timer is set to %v", w.pool.timerAt)
	}
}

// goroutines counts those of the caller's bubble.
func goroutines(t *testing.T) int {
	t.Helper()
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	own := regexp.MustCompile(`synctest bubble \d+\]`).Find(stacks) // the caller's stack comes first
	if own == nil {
		t.Fatalf("no bubble is named in\n%s", stacks)
	}
	return bytes.Count(stacks, own)
}

// A pool that is dropped with no idle resources leaves nothing behind.
func TestNothingIdleNothingRuns(t *testing.T) {
	inWorld(t, func(w *world) {
		before := goroutines(t)
		w.build(Config[*thing]{
			Eviction: policy.IdleTimeout(time.Minute), Lifetime: policy.MaxAge(time.Hour), WaitTimeout: time.Second,
			BorrowTest: policy.Test(w.test),
		})
		w.quiet()
		held := w.acquires(3)
		w.quiet()
		w.release(held[0])
		if w.pool.timerAt == policy.Never {
			t.Error("the timer is not set, though one is idle")
		}
		a := w.acquire(1)
		w.tested(1)
		w.sleep(time.Minute + 1) // the timer fires once, and finds that the resource is lent
		w.quiet()
		w.release(a)
		w.sleep(time.Minute + 1)
		w.closed(1)
		w.quiet()
		if now := goroutines(t); now != before {
			t.Errorf("%d goroutines, before the pool was made %d", now, before)
		}
		for _, l := range held[1:] {
			w.detach(l)
		}
		// The pool is not closed.
	})
}

func TestTimerIsOnlyForWhatIsTimed(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 2, MaxIdle: 1, Lifetime: policy.MaxUses(5)})
		w.idle(2)
		w.closed(1)
		w.quiet()
		if w.pool.timer != nil {
			t.Error("there is a timer")
		}
		w.shut(2)
	})
}

// A shorter deadline that comes later sets the timer again.
func TestTimerIsSetToTheEarliest(t *testing.T) {
	inWorld(t, func(w *world) {
		stays := []time.Duration{time.Hour, time.Minute, 30 * time.Minute}
		w.build(Config[*thing]{Eviction: policy.EvictionFunc(func(r policy.Info) policy.IdleLimit {
			d := stays[0]
			stays = stays[1:]
			return policy.IdleLimit{Until: r.Returned.Add(d)}
		})})
		w.idle(3)
		w.sleep(time.Minute)
		w.closed(2)
		w.sleep(29 * time.Minute)
		w.closed(3)
		w.sleep(30 * time.Minute)
		w.closed(1)
		w.quiet()
		w.shut()
	})
}

// More than one batch falls due at once. Slow closes delay no other deadline.
func TestTimerGoesOnWhileItCloses(t *testing.T) {
	inWorld(t, func(w *world) {
		const n = 300
		w.build(Config[*thing]{Eviction: policy.IdleTimeout(time.Minute), Order: policy.FIFO})
		held := w.acquires(n + 1)
		w.release(held[:n]...)
		w.sleep(time.Second)
		w.release(held[n])
		var last time.Duration
		w.onClose = func(v int) error {
			if v == n+1 {
				last = time.Since(w.began)
			} else {
				time.Sleep(time.Second)
			}
			return nil
		}
		w.sleep(time.Minute - time.Second + 1)
		if st := w.pool.Stats(); st.Idle != 1 || st.Closing != n {
			t.Errorf("got %+v", st)
		}
		w.sleep(time.Second)
		if last != time.Minute+time.Second+1 {
			t.Errorf("the last was closed at %v", last)
		}
		w.sleep(n * time.Second)
		w.closed(upTo(n + 1)...)
		w.quiet()
		w.shut()
	})
}

func TestTimerStopsWithClose(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{Eviction: policy.IdleTimeout(time.Minute), MinIdle: 2, WaitTimeout: time.Second, MaxActive: 2})
		w.step()
		w.opened(1, 2)
		held := []Lease[*thing]{w.acquire(2), w.acquire(1)}
		a := w.start(context.Background())
		w.shut()
		a.returned(ErrClosed)
		if w.pool.timer.Stop() {
			t.Error("the timer is set")
		}
		w.release(held...)
		w.closed(1, 2)
		w.sleep(time.Hour)
		if w.pool.timer.Stop() {
			t.Error("the timer is set")
		}
	})
}
