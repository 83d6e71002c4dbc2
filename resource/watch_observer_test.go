package resource

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// An observer that panics, or ends its goroutine, costs nothing but itself.
func TestObserverPanics(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func()
	}{{"panic", func() { panic("observer") }}, {"goexit", runtime.Goexit}} {
		for kind := EventAcquired; kind <= EventShutDown; kind++ {
			t.Run(c.name+" "+kind.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { observerEnds(t, kind, c.end) })
			})
		}
	}
}

// observerEnds lets an observer end by end at each event of a kind.
func observerEnds(t *testing.T, kind EventKind, end func()) {
	var calls atomic.Uint64
	p, r := watched(t, Config[int]{
		MaxActive: 1,
		Observer: observerFunc(func(e Event) {
			if e.Kind == kind {
				calls.Add(1)
				end()
			}
		}),
	})
	for range 2 {
		done := make(chan struct{})
		go func() { // the observer may end it
			defer close(done)
			l, err := p.Acquire(t.Context())
			if err == nil {
				defer l.Release()
			}
			p.TryAcquire(t.Context())
		}()
		<-done
	}
	p.Reset()
	p.Retire(func(int) bool { return true })
	p.Resize(2, 2)
	go func() {
		if l, err := p.Acquire(context.Background()); err == nil {
			l.Discard()
		}
	}()
	go func() {
		if l, err := p.Acquire(context.Background()); err == nil {
			l.Detach()
		}
	}()
	synctest.Wait()
	time.Sleep(time.Minute)
	p.Close()
	synctest.Wait()
	if err := p.Shutdown(t.Context()); err != nil {
		t.Errorf("a resource is left: %v", err)
	}
	st := p.Stats()
	if st.ObserverPanics != calls.Load() {
		t.Errorf("%d panics counted, want %d", st.ObserverPanics, calls.Load())
	}
	all := strings.Join(r.take(), "\n")
	opened, closed := strings.Count(all, "opened "), strings.Count(all, "closed ")
	if detached := strings.Count(all, "detached "); opened != closed+detached || opened < 2 {
		t.Errorf("%d opened, %d closed, %d detached:\n%s", opened, closed, detached, all)
	}
}

type observerFunc func(Event)

func (f observerFunc) Observe(e Event) { f(e) }

// All observers are called, even if one of them panics. Nil observers are left out.
func TestObservers(t *testing.T) {
	if o := Observers(nil, nil); o != nil {
		t.Errorf("two that are nil make %v", o)
	}
	one := &recorder{}
	if o := Observers(nil, one); o != Observer(one) {
		t.Errorf("one makes %v", o)
	}
	two := &recorder{}
	broken := observerFunc(func(Event) { panic("observer") })
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is lost")
			}
		}()
		Observers(Observers(broken, one), broken, two).Observe(Event{Kind: EventOpened})
	}()
	if len(one.events) != 1 || len(two.events) != 1 {
		t.Errorf("%d and %d events, want one each", len(one.events), len(two.events))
	}
}

// An observer may call the pool.
func TestObserverCallsThePool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p *Pool[int]
		var depth, acquired atomic.Int64
		p, r := watched(t, Config[int]{
			MaxActive: 4,
			Observer: observerFunc(func(e Event) {
				if e.Kind == EventShutDown || p == nil || depth.Load() >= 2 { // the first comes at the same time as others
					return
				}
				depth.Add(1)
				defer depth.Add(-1)
				p.Stats()
				if l, err := p.Acquire(context.Background()); err == nil {
					acquired.Add(1)
					l.Release()
				} else if !errors.Is(err, ErrClosed) {
					t.Error(err)
				}
			}),
		})
		acquireOne(t, p).Release()
		p.Reset()
		p.Close()
		r.take()
		if st := p.Stats(); acquired.Load() < 4 || st.Acquired != uint64(acquired.Load())+1 || st.Active != 0 {
			t.Errorf("the observer has acquired %d times: %v", acquired.Load(), st)
		}
	})
}
