package resource

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/respool/respool/policy"
)

// overloadedPool is a pool with one resource, which is leased, and two waiters. The first
// has waited for 3.5 seconds, and the second has just come.
func overloadedPool(w *world) (held Lease[*thing], early, late chan error) {
	w.build(Config[*thing]{MaxActive: 1, Shed: policy.CoDel{Target: time.Second, Interval: 3 * time.Second}})
	held = w.acquire(1)
	w.opened(1)
	early, late = make(chan error, 1), make(chan error, 1)
	wait := func(done chan<- error) {
		go func() {
			lease, err := w.pool.Acquire(context.Background())
			if err == nil {
				lease.Release()
			}
			done <- err
		}()
		synctest.Wait()
	}
	wait(early)
	time.Sleep(3500 * time.Millisecond)
	wait(late)
	return held, early, late
}

// A caller that has waited for the target is refused once the queue has stood for the
// interval, and one that came later is served.
func TestShed(t *testing.T) {
	inWorld(t, func(w *world) {
		held, early, late := overloadedPool(w)
		time.Sleep(500*time.Millisecond - 1)
		synctest.Wait()
		if st := w.pool.Stats(); st.Waiting != 2 || st.Shed != 0 {
			t.Errorf("just before: %+v", st)
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		select {
		case err := <-early:
			if !errors.Is(err, ErrShed) || !errors.Is(err, ErrExhausted) {
				t.Errorf("the first gets %v", err)
			}
		default:
			t.Error("the first still waits")
		}
		if st := w.pool.Stats(); st.Waiting != 1 || st.Shed != 1 || st.Exhausted != 0 || st.TimedOut != 0 || st.WaitCount != 1 {
			t.Errorf("just after: %+v", st)
		}
		w.release(held)
		synctest.Wait()
		if err := <-late; err != nil {
			t.Errorf("the second gets %v", err)
		}
		w.shut(1)
	})
}

// A release before the interval is over begins a new one.
func TestShedSparesABurst(t *testing.T) {
	inWorld(t, func(w *world) {
		held, early, late := overloadedPool(w)
		time.Sleep(250 * time.Millisecond)
		w.release(held)
		synctest.Wait()
		if err := errors.Join(<-early, <-late); err != nil {
			t.Error(err)
		}
		if st := w.pool.Stats(); st.Shed != 0 || st.WaitCount != 2 {
			t.Errorf("%+v", st)
		}
		w.shut(1)
	})
}

// Shed needs no clock where it is off, and reads one where it is on.
func TestShedNeedsTheTime(t *testing.T) {
	off, on := Config[int]{}, Config[int]{Shed: policy.CoDel{Target: 1}}
	if off.timed() || !on.timed() || !on.timedLending() {
		t.Errorf("off: %v, on: %v, %v", off.timed(), on.timed(), on.timedLending())
	}
}
