package resource

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

var errContext = errors.New("this context does not work")

// badContext is a user's context with a method that panics, or does something
// else first.
type badContext struct {
	context.Context
	onErr, onDone, onDeadline, onValue func()
}

func first(f func()) {
	if f != nil {
		f()
	}
}

func (c badContext) Err() error                  { first(c.onErr); return c.Context.Err() }
func (c badContext) Done() <-chan struct{}       { first(c.onDone); return c.Context.Done() }
func (c badContext) Deadline() (time.Time, bool) { first(c.onDeadline); return c.Context.Deadline() }
func (c badContext) Value(key any) any           { first(c.onValue); return c.Context.Value(key) }

func fails() { panic(errContext) }

// badContexts panic at one call each.
func badContexts(parent context.Context) map[string]context.Context {
	return map[string]context.Context{
		"Err":      badContext{Context: parent, onErr: fails},
		"Done":     badContext{Context: parent, onDone: fails},
		"Deadline": badContext{Context: parent, onDeadline: fails},
		"Value":    badContext{Context: parent, onValue: fails},
		"all":      badContext{parent, fails, fails, fails, fails},
	}
}

// takers are the ways to take a resource with a context.
var takers = map[string]func(w *world, ctx context.Context) error{
	"Acquire": func(w *world, ctx context.Context) error {
		l, err := w.pool.Acquire(ctx)
		l.Release()
		return err
	},
	"TryAcquire": func(w *world, ctx context.Context) error {
		l, err := w.pool.TryAcquire(ctx)
		l.Release()
		return err
	},
	"Do": func(w *world, ctx context.Context) error {
		return w.pool.Do(ctx, func(context.Context, *thing) error { return nil })
	},
}

// whereTaken are the ways of an acquire.
var whereTaken = map[string]func(w *world){
	"opens":          func(w *world) { w.build(Config[*thing]{MaxActive: 1}) },
	"opens detached": func(w *world) { w.build(Config[*thing]{MaxActive: 1, OpenDetached: true}) },
	"from the lane":  func(w *world) { w.build(Config[*thing]{MaxActive: 1}); w.release(w.acquire(1)) },
	"idle":           func(w *world) { w.build(Config[*thing]{MaxActive: 1, Order: policy.FIFO}); w.release(w.acquire(1)) },
	"tested": func(w *world) {
		w.build(Config[*thing]{MaxActive: 1, BorrowTest: policy.Within(time.Second, policy.Test(w.test))})
		w.release(w.acquire(1))
	},
	"fails its test": func(w *world) {
		n := 0
		w.onTest = func(context.Context, int, time.Time) error {
			if n++; n == 1 {
				return errTest
			}
			return nil
		}
		w.build(Config[*thing]{MaxActive: 1, BorrowTest: policy.Test(w.test)})
		w.release(w.acquire(1))
	},
	"stale": func(w *world) {
		w.build(Config[*thing]{MaxActive: 1, Eviction: policy.IdleTimeout(time.Minute)})
		w.release(w.acquire(1))
		w.late()
		w.sleep(time.Minute + 1)
	},
}

// usable checks that the pool's only place is available, and that no test or open
// is under way.
func (w *world) usable() {
	w.t.Helper()
	w.step()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	a := w.start(ctx)
	a.returned(nil)
	if st := w.pool.Stats(); st.Leased != 1 || st.Active != 1 || st.Waiting != 0 {
		w.t.Errorf("got %+v", st)
	}
	a.lease.Release()
	w.pool.Close()
	w.step()
	w.forget()
}

// Whatever a context does, no place is lost.
func TestContextThatPanics(t *testing.T) {
	for where, build := range whereTaken {
		for how, take := range takers {
			for what := range badContexts(context.Background()) {
				t.Run(where+", "+how+", "+what, func(t *testing.T) {
					inWorld(t, func(w *world) {
						w.uncalled = true
						build(w)
						parent, cancel := context.WithCancel(context.Background())
						defer cancel()
						c := w.startErr(func() error { return take(w, badContexts(parent)[what]) })
						if c.exited {
							c.threw(errContext)
						} else {
							c.returned(nil)
						}
						w.usable()
					})
				})
			}
		}
	}
}

// A waiter whose context panics leaves the queue.
func TestContextThatPanicsInLine(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 1})
		held := w.acquires(1)[0]
		for what, ctx := range badContexts(context.Background()) {
			c := w.start(ctx)
			if what == "Deadline" || what == "Value" {
				c.pending() // it is not asked
				w.release(held)
				held = c.granted(1)
				continue
			}
			c.threw(errContext)
			if st := w.pool.Stats(); st.Waiting != 0 {
				t.Errorf("%s: %+v", what, st)
			}
		}
		w.release(held)
		w.usable()
	})
}

// A nil context is refused before a resource is taken or the pool is shut.
func TestNilContext(t *testing.T) {
	var none context.Context
	for where, build := range whereTaken {
		t.Run(where, func(t *testing.T) {
			inWorld(t, func(w *world) {
				build(w)
				before := w.pool.Stats()
				for _, take := range takers {
					w.startErr(func() error { return take(w, none) }).threw("resource: nil context")
				}
				w.startErr(func() error { return w.pool.Do(context.Background(), nil) }).threw("resource: nil function")
				w.startErr(func() error { return w.pool.Shutdown(none) }).threw("resource: nil context")
				if st := w.pool.Stats(); st != before {
					t.Errorf("got %+v\nwant %+v", st, before)
				}
				w.usable()
			})
		})
	}
}

// Shutdown with a context that panics shuts the pool entirely or not at all.
func TestShutdownWithContextThatPanics(t *testing.T) {
	for what := range badContexts(context.Background()) {
		t.Run(what, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.build(Config[*thing]{MaxActive: 1})
				held := w.acquires(1)[0]
				waits := w.start(context.Background())
				parent, cancel := context.WithCancel(context.Background())
				s := w.startErr(func() error { return w.pool.Shutdown(badContexts(parent)[what]) })
				cancel()
				w.step()
				shut := waits.isDone()
				if shut {
					waits.returned(ErrClosed)
				} else {
					s.threw(errContext)
				}
				w.release(held)
				if !shut {
					w.release(waits.granted(1))
				}
				w.shut(1)
			})
		})
	}
}

// A context that closes Done and has no error all the same.
type lyingContext struct{ context.Context }

func (lyingContext) Err() error { return nil }

func TestContextWithoutError(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 1})
		held := w.acquires(1)[0]
		parent, cancel := context.WithCancel(context.Background())
		c := w.start(lyingContext{parent})
		c.pending()
		cancel()
		c.returned(context.Canceled)
		w.release(held)
		w.shut(1)
	})
}

// A release hands over to a waiter and does not wait until the waiter runs.
func TestReleaseDoesNotWaitForTheWaiter(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 1})
		held := w.acquires(1)[0]
		busy := make(chan bool)
		c := w.start(badContext{Context: context.Background(), onDone: func() { <-busy }})
		c.pending()
		w.startEnd(held.Release).returned(nil)
		close(busy)
		w.release(c.granted(1))
		w.shut(1)
	})
}
