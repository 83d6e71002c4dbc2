package resource

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestHeldTryAcquire(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 1, OpenBackoff: backoff})
		w.down()
		w.startTry(context.Background()).returned(errDown)
		w.failed(1)
		w.startTry(context.Background()).heldBack(nil)
		w.sleep(100 * ms)
		w.startTry(context.Background()).returned(errDown) // the pause is over: it is the probe
		w.failed(2)
		w.startTry(context.Background()).heldBack(nil)
		if st := w.pool.Stats(); st.Failed != 4 || st.OpenFailed != 2 || st.Exhausted != 0 {
			t.Errorf("got %+v", st)
		}
		w.shut()
	})
}

// heldBack checks that the call got a HeldError with the error of the server, and of its
// wait.
func (c *call) heldBack(waited error) {
	c.w.t.Helper()
	c.returned(errDown)
	var held *HeldError
	var open *OpenError
	if !errors.As(c.err, &held) || !errors.As(c.err, &open) || !errors.Is(held.Err, waited) || waited == nil && held.Err != nil {
		c.w.t.Errorf("got %T: %v", c.err, c.err)
	}
}

func TestHeldWaitEnds(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{WaitTimeout: 250 * ms, OpenBackoff: backoff})
		w.down()
		long, short := w.start(context.Background()), w.start(w.timeout(200*ms))
		w.sleep(time.Second)
		w.failed(1, 2)
		long.heldBack(ErrWaitTimeout)
		long.after(250 * ms) // counted from its first wait, though it has opened twice
		short.heldBack(context.DeadlineExceeded)
		short.after(200 * ms)
		if got, want := short.err.Error(), "context deadline exceeded: opens are held back after a failure: resource: open: the server is down: waited 200ms: 0 active (0 leased, 0 idle), 1 waiting; last open failed 100ms ago"; got != want {
			t.Errorf("got %q", got)
		}
		w.shut()
	})
}

// nosyError is an error of Open whose methods take the lock of the pool, as an Is of the
// user's may do. errors.Is calls both.
type nosyError struct{ pool **Pool[*thing] }

func (nosyError) Error() string { return "no" }

func (e nosyError) Is(error) bool { (*e.pool).Stats(); return false }

func (e nosyError) Unwrap() error { (*e.pool).Stats(); return nil }

// The lock is free while methods of an error of Open run.
func TestHeldErrorOfTheUsers(t *testing.T) {
	for _, detached := range []bool{false, true} {
		inWorld(t, func(w *world) {
			w.onOpen = func(context.Context, int) error { return nosyError{&w.pool} }
			w.build(Config[*thing]{OpenDetached: detached, OpenBackoff: backoff, MaxWaiters: 1})
			w.start(context.Background()).returned(nosyError{&w.pool})
			w.failed(1)
			held := &HeldError{}
			for _, c := range []*call{w.startTry(context.Background()), w.start(w.timeout(ms))} {
				w.sleep(ms)
				if !errors.As(c.err, &held) || held.Open.Error() != (&OpenError{nosyError{}}).Error() {
					t.Errorf("got %v", c.err)
				}
			}
			w.shut()
		})
	}
}

// badError is an error of Open with a method that panics.
type badError struct{ error }

func (badError) Unwrap() error { panic("bad") }

// An error of Open with a method that panics costs no place.
func TestHeldErrorThatPanics(t *testing.T) {
	for _, detached := range []bool{false, true} {
		inWorld(t, func(w *world) {
			w.onOpen = func(context.Context, int) error { return badError{errDown} }
			w.build(Config[*thing]{MaxActive: 1, OpenDetached: detached, OpenBackoff: backoff})
			c := w.start(w.timeout(50 * ms))
			w.failed(1)
			w.sleep(50 * ms)
			c.threw("bad")
			w.startTry(context.Background()).threw("bad")
			w.up()
			w.sleep(50 * ms)
			w.release(w.acquire(2))
			w.opened(2)
			w.shut(2)
		})
	}
}
