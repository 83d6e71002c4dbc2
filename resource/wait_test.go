package resource

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestWaitersAreServedInOrder(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 2})
		w.sleep(time.Hour) // waits are not counted from the beginning
		held := w.acquires(2)
		var line []*call
		for range 40 {
			line = append(line, w.start(context.Background()))
		}
		if st := w.pool.Stats(); st.Waiting != 40 || st.PeakWaiting != 40 {
			t.Errorf("got %+v", st)
		}
		w.sleep(time.Second)
		for i, c := range line {
			n := 1 + i%2
			w.release(held[i%2])
			held[i%2] = c.granted(n)
			c.after(time.Second)
			for _, later := range line[i+1:] {
				if later.isDone() {
					t.Fatalf("somebody behind %d was served", i)
				}
			}
		}
		w.release(held...)
		if st := w.pool.Stats(); st.WaitCount != 40 || st.WaitDuration != 40*time.Second || st.Acquired != 42 {
			t.Errorf("got %+v", st)
		}
		w.shut(1, 2)
	})
}

// A place that becomes free goes to the first waiter too.
func TestWaiterOpensInAFreePlace(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 2})
		held := w.acquires(2)
		a, b := w.start(context.Background()), w.start(context.Background())
		held[0].Discard()
		w.closed(1)
		a.granted(3)
		w.opened(3)
		b.pending()
		w.detach(held[1])
		b.granted(4)
		w.opened(4)
		w.release(a.lease, b.lease)
		w.shut(3, 4)
	})
}

// The place of an opening that failed goes to the next waiter.
func TestWaiterFollowsAFailedOpen(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = func(_ context.Context, n int) error {
			time.Sleep(time.Second)
			if n < 3 {
				return errOpen
			}
			return nil
		}
		w.build(Config[*thing]{MaxActive: 1})
		a, b, c := w.start(context.Background()), w.start(context.Background()), w.start(context.Background())
		w.sleep(3 * time.Second)
		a.returned(errOpen)
		b.returned(errOpen)
		a.after(time.Second)
		b.after(2 * time.Second)
		w.failed(1, 2)
		c.granted(3)
		c.after(3 * time.Second)
		w.opened(3)
		w.release(c.lease)
		w.shut(3)
	})
}

func TestCancelWhileWaiting(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 1})
		held := w.acquires(1)
		short, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		long, cancelLong := context.WithCancel(context.Background())
		a, b, c := w.start(short), w.start(long), w.start(long)
		w.sleep(time.Second)
		a.returned(context.DeadlineExceeded)
		a.after(time.Second)
		b.pending()
		w.release(held...)
		b.granted(1)
		c.pending()
		cancelLong()
		c.returned(context.Canceled)
		w.release(b.lease)
		if st := w.pool.Stats(); st.Canceled != 2 || st.WaitCount != 3 || st.Waiting != 0 || st.WaitDuration != 3*time.Second {
			t.Errorf("got %+v", st)
		}
		w.shut(1)
	})
}

func TestMaxWaiters(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 1, MaxWaiters: 2})
		held := w.acquires(1)
		ctx, cancel := context.WithCancel(context.Background())
		a, b := w.start(ctx), w.start(context.Background())
		c := w.start(context.Background())
		c.returned(ErrTooManyWaiters)
		c.returned(ErrExhausted)
		if errors.Is(ErrExhausted, ErrTooManyWaiters) || c.err.Error() != "resource: pool is exhausted: too many callers wait: 1 of 1 active (1 leased, 0 idle), 2 waiting" {
			t.Errorf("got %v", c.err)
		}
		cancel()
		a.returned(context.Canceled)
		d := w.start(context.Background())
		d.pending()
		w.release(held...)
		w.release(b.granted(1))
		w.release(d.granted(1))
		if st := w.pool.Stats(); st.Exhausted != 1 || st.PeakWaiting != 2 {
			t.Errorf("got %+v", st)
		}
		w.shut(1)
	})
}

func TestWaitTimeout(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 1, WaitTimeout: time.Second})
		held := w.acquires(1)
		a := w.start(context.Background())
		w.sleep(time.Second / 2)
		b := w.start(context.Background())
		c := w.start(context.Background())
		w.sleep(time.Second/2 - 1)
		a.pending()
		w.sleep(1)
		a.returned(ErrWaitTimeout)
		a.after(time.Second)
		b.pending()
		w.release(held...)
		b.granted(1)
		b.after(time.Second / 2)
		w.sleep(time.Second / 2)
		c.returned(ErrWaitTimeout)
		c.after(time.Second)
		if errors.Is(c.err, context.DeadlineExceeded) {
			t.Error("the pool's bound is not the context's")
		}
		w.release(b.lease)
		if st := w.pool.Stats(); st.TimedOut != 2 || st.WaitCount != 3 {
			t.Errorf("got %+v", st)
		}
		w.shut(1)
	})
}

// Only the wait for others counts: a slow opening is bounded by the context.
func TestWaitTimeoutDoesNotCoverOpening(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = func(context.Context, int) error { time.Sleep(time.Minute); return nil }
		w.build(Config[*thing]{MaxActive: 1, WaitTimeout: time.Second})
		a := w.start(context.Background())
		w.sleep(time.Minute - time.Second)
		b := w.start(context.Background())
		w.sleep(time.Second / 2)
		w.sleep(time.Second / 2)
		w.opened(1)
		a.granted(1)
		b.returned(ErrWaitTimeout)
		w.release(a.lease)
		w.shut(1)
	})
}

// The wait ends when the waiter has a place. The opening in it may take longer.
func TestWaitTimeoutEndsWithTheWait(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 1, WaitTimeout: time.Second})
		held := w.acquires(1)
		w.onOpen = func(context.Context, int) error { time.Sleep(time.Minute); return nil }
		a := w.start(context.Background())
		w.detach(held[0])
		w.sleep(time.Minute)
		a.granted(2)
		a.after(time.Minute)
		w.opened(2)
		w.release(a.lease)
		w.shut(2)
	})
}
