package resource

import (
	"context"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// meet has a wait with a context that ends at the moment when a resource is given
// to a, and b wait behind a. Whichever comes first, one of them gets the resource
// and then the other. It reports whether a got it.
func meet(w *world, give func(Lease[*thing]), together func(cancel, give func())) (granted bool) {
	before := w.pool.Stats()
	held := w.start(context.Background()).lease
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	a, b := w.start(ctx), w.start(context.Background())
	together(cancel, func() { give(held) })
	w.step()
	<-a.done
	if granted = a.err == nil; granted {
		w.release(a.lease)
	} else {
		a.returned(context.Canceled)
	}
	b.returned(nil)
	w.release(b.lease)
	st := w.pool.Stats()
	if st.Idle != 1 || st.Active != 1 || st.Waiting != 0 ||
		st.Acquired+st.Canceled != before.Acquired+before.Canceled+3 || st.WaitCount != before.WaitCount+2 {
		w.t.Fatalf("granted %v, then: %+v", granted, st)
	}
	return granted
}

// forget begins a new account, for the next pool. Which of two acquires had the
// effects is chance, so they are not claimed one by one.
func (w *world) forget() {
	w.t.Helper()
	w.step()
	w.allClosed()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.attempts, w.opens, w.fails, w.closes, w.taken = 0, 0, 0, 0, 0
	w.unclaimed, w.pool = effects{}, nil
}

func TestCancelAgainstGrant(t *testing.T) {
	gifts := map[string]func(w *world) func(Lease[*thing]){
		"a resource":       func(*world) func(Lease[*thing]) { return func(l Lease[*thing]) { l.Release() } },
		"a place":          func(*world) func(Lease[*thing]) { return func(l Lease[*thing]) { l.Discard() } },
		"a detached place": func(w *world) func(Lease[*thing]) { return w.take },
	}
	ways := map[string]func(cancel, give func()){
		"cancel then give": func(cancel, give func()) { cancel(); give() },
		"give then cancel": func(cancel, give func()) { give(); cancel() },
		"race":             func(cancel, give func()) { go cancel(); go give() },
		"same instant": func(cancel, give func()) {
			time.AfterFunc(time.Second, cancel)
			time.AfterFunc(time.Second, give)
			time.Sleep(time.Second)
		},
	}
	outcomes := map[bool]int{}
	for what, gift := range gifts {
		for how, together := range ways {
			t.Run(what+"/"+how, func(t *testing.T) {
				inWorld(t, func(w *world) {
					w.build(Config[*thing]{MaxActive: 1, BorrowTest: policy.Test(w.test)})
					for range 200 {
						outcomes[meet(w, gift(w), together)]++
					}
					w.pool.Close()
					w.forget()
				})
			})
		}
	}
	t.Logf("granted %d times, canceled %d times", outcomes[true], outcomes[false])
	if outcomes[true] == 0 || outcomes[false] == 0 {
		t.Errorf("one of the outcomes never came: %v", outcomes)
	}
}

// A resource that was given to a caller that had left was not used: this counts
// neither as a use nor as a lease.
func TestCanceledGrantIsNoUse(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 1, Lifetime: policy.MaxUses(2)})
		ctx, cancel := context.WithCancel(context.Background())
		held := w.acquires(1)
		a := w.start(ctx)
		cancel() // a is awake, and cannot run before this goroutine stops
		held[0].Release()
		w.step()
		<-a.done
		if a.err == nil {
			w.release(a.lease) // it was not so, on several processors
		} else {
			w.release(w.acquire(1))
		}
		w.closed(1)
		if st := w.pool.Stats(); st.Acquired != 2 || st.Closed.WornOut != 1 {
			t.Errorf("got %+v", st)
		}
		w.shut()
	})
}

// A resource that was given to a caller that had left is closed if the next
// caller cannot use it either. The caller that left does not wait for the close.
func TestCanceledGrantIsClosed(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 1})
		closed := 0
		w.onClose = func(int) error { time.Sleep(time.Second); return nil }
		for range 50 {
			ctx, cancel := context.WithCancel(context.Background())
			held := w.start(context.Background()).lease
			a := w.start(ctx)
			cancel() // a is awake, and cannot run before this goroutine stops
			held.Release()
			w.pool.Reset()
			w.step()
			<-a.done
			if a.err == nil { // it was not so, on several processors
				a.lease.Release()
			} else {
				a.returned(context.Canceled)
				a.after(0)
				closed++
			}
			w.sleep(time.Second)
		}
		t.Logf("closed %d times", closed)
		if st := w.pool.Stats(); st.Closed.Reset != 50 || st.Active != 0 {
			t.Errorf("got %+v", st)
		}
		w.pool.Close()
		w.forget()
	})
}

// A caller that gives up and is refused at the same time gets one answer.
func TestCancelAgainstRefusal(t *testing.T) {
	for what, c := range map[string]struct {
		config Config[*thing]
		refuse func(w *world)
		want   error
	}{
		"closed":    {Config[*thing]{MaxActive: 1}, func(w *world) { time.Sleep(time.Second); w.pool.Close() }, ErrClosed},
		"timed out": {Config[*thing]{MaxActive: 1, WaitTimeout: time.Second}, func(*world) { time.Sleep(time.Second) }, ErrWaitTimeout},
	} {
		t.Run(what, func(t *testing.T) {
			inWorld(t, func(w *world) {
				for range 200 {
					w.build(c.config)
					held := w.start(context.Background()).lease
					ctx, cancel := context.WithTimeout(context.Background(), time.Second)
					a := w.start(ctx)
					c.refuse(w)
					w.step()
					if wrapped(a.err) == context.DeadlineExceeded {
						a.returned(context.DeadlineExceeded)
					} else {
						a.returned(c.want)
					}
					a.after(time.Second)
					cancel()
					w.release(held)
					w.pool.Close()
					st := w.pool.Stats()
					if st.Canceled+st.TimedOut+st.Rejected != 1 || st.WaitCount != 1 || st.WaitDuration != time.Second {
						t.Fatalf("after %v: %+v", a.err, st)
					}
					w.forget()
				}
			})
		})
	}
}
