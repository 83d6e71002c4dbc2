package resource

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// leaks observes the events of loans, as text.
type leaks struct {
	mu  sync.Mutex
	all []string

	stack string        // of the last one
	on    chan struct{} // gets one for each EventLost and EventClosed, if there is room
}

func (o *leaks) Observe(e Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch e.Kind {
	case EventLeaked, EventLeakReturned, EventLost:
		o.stack = string(e.Stack)
		where, _, _ := strings.Cut(string(e.Stack), "(...)")
		o.all = append(o.all, fmt.Sprintf("%v %d after %v by %s", e.Kind, e.Resource, e.Took, where[strings.LastIndex(where, ".")+1:]))
	case EventClosed:
		o.all = append(o.all, fmt.Sprintf("%v %d", e.Kind, e.Resource))
		select {
		case o.on <- struct{}{}:
		default:
		}
	}
}

func (o *leaks) take() (all []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	all, o.all = o.all, nil
	return all
}

func (o *leaks) expect(t *testing.T, want ...string) {
	t.Helper()
	if got := o.take(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

//go:noinline
func borrowForLong(p *Pool[*thing]) Lease[*thing] {
	l, err := p.Acquire(context.Background())
	if err != nil {
		panic(err)
	}
	return l
}

//go:noinline
func borrowForShort(p *Pool[*thing]) Lease[*thing] { return borrowForLong(p) }

func TestLeakIsReportedOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		o := &leaks{}
		w.build(Config[*thing]{LeakAfter: time.Minute, Observer: o})
		a := borrowForLong(w.pool)
		w.sleep(30 * time.Second)
		b, quick := borrowForLong(w.pool), borrowForShort(w.pool)
		w.sleep(10 * time.Second)
		w.release(quick)
		o.expect(t)
		w.sleep(20*time.Second - 1)
		o.expect(t)
		w.sleep(1)
		o.expect(t, "leaked 1 after 1m0s by borrowForLong")
		if st := w.pool.Stats(); st.Leaked != 1 {
			t.Errorf("got %v", st)
		}
		w.sleep(time.Hour)
		o.expect(t, "leaked 2 after 1m0s by borrowForLong")
		w.release(a)
		o.expect(t, "leak_returned 1 after 1h1m0s by borrowForLong")
		b.Discard()
		o.expect(t, "leak_returned 2 after 1h0m30s by borrowForLong", "closed 2")
		if st := w.pool.Stats(); st.Leaked != 0 || st.Lost != 0 {
			t.Errorf("got %v", st)
		}
		c := borrowForShort(w.pool)
		w.sleep(time.Hour)
		o.expect(t, "leaked 1 after 1m0s by borrowForLong")
		w.take(c)
		o.expect(t, "leak_returned 1 after 1h0m0s by borrowForLong")
		w.opened(1, 2, 3)
		w.closed(2)
		w.shut(3)
	})
}

// Leases of a pool that keeps loans are leases as any other.
func TestLeasesOfAPoolThatKeepsLoans(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 1, LeakAfter: time.Minute})
		a := w.acquire(1)
		w.opened(1)
		if copied := a; copied != a || copied.Value() != a.Value() || a.String() != "resource.Lease[*resource.thing]{in force}" {
			t.Error("a copy is another lease")
		}
		waits := w.start(context.Background())
		w.release(a)
		b := waits.granted(1)
		if _, ok := a.ValueOK(); ok || a == b || a.Release() || a.Discard() || a.DiscardSound() {
			t.Error("a lease that is over is in force")
		}
		if _, ok := a.Detach(); ok {
			t.Error("a lease that is over can be detached")
		}
		holder := w.pool.Inspect().Resources[0].Holder
		if !strings.Contains(holder, "loans_test.go:") && !strings.Contains(holder, "call_test.go:") || strings.Contains(holder, "resource/acquire.go") {
			t.Errorf("the holder is %q", holder)
		}
		w.release(b)
		w.shut(1)
	})
}

func TestLeakAfterOfAKey(t *testing.T) {
	o := &leaks{}
	inKeyedWorld(t, keyedConfig{}, thingConfig{LeakAfter: time.Minute, Observer: o}, func(w *keyedWorld) {
		l := w.take("a", "a1")
		time.Sleep(time.Hour)
		w.step()
		if st := w.k.Stats(); st.Leaked != 1 {
			t.Errorf("got %v", st)
		}
		l.Release()
		if all := o.take(); len(all) != 2 || !strings.HasPrefix(all[0], "leaked 1 after 1m0s") || !strings.HasPrefix(all[1], "leak_returned 1 after 1h0m0s") {
			t.Errorf("got %v", all)
		}
		w.claim([]string{"a1"}, nil)
	})
}

var loses int // the line before the one that loses a lease

//go:noinline
func loseOne(t *testing.T, p *Pool[*int], detach bool) {
	_, _, loses, _ = runtime.Caller(0)
	l, err := p.Acquire(context.Background()) // the next line
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := l.ValueOK(); !ok {
		t.Error("not in force")
	}
	if detach {
		l.Detach()
	}
}

// A lease that the program has lost gives its place back, and the stack says who lost it. A
// lease that the program keeps stays, however often the collector runs.
func TestReclaim(t *testing.T) {
	o := &leaks{on: make(chan struct{}, 1)}
	p, err := New(Config[*int]{MaxActive: 2, Reclaim: true, Observer: o, Open: func(context.Context) (*int, error) { return new(int), nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	kept, err := p.Acquire(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	loseOne(t, p, true) // nothing to reclaim
	loseOne(t, p, false)
	if _, err := p.TryAcquire(context.Background()); !errors.Is(err, ErrExhausted) {
		t.Fatalf("got %v", err)
	}
	for waiting := true; waiting; {
		runtime.GC()
		select {
		case <-o.on:
			waiting = false
		default:
			runtime.Gosched()
		}
	}
	again, err := p.Acquire(context.Background()) // waits for the place, which is free soon
	if err != nil {
		t.Fatal(err)
	}
	all := o.take()
	if len(all) != 2 || !strings.HasPrefix(all[0], "lost 3 after ") || !strings.HasSuffix(all[0], " by loseOne") || all[1] != "closed 3" {
		t.Errorf("got %q", all)
	}
	if !strings.HasPrefix(o.stack, "github.com/respool/respool/resource.loseOne(...)\n\t") || !strings.Contains(o.stack, fmt.Sprintf("loans_test.go:%d\n", loses+1)) {
		t.Errorf("the lease was lost in line %d, and the stack is\n%s", loses+1, o.stack)
	}
	if st := p.Stats(); st.Lost != 1 || st.Closed.Discarded != 1 {
		t.Errorf("got %v", st)
	}
	if last := p.Inspect().LastLost; last == nil || last.Resource != 3 || last.Holder != o.stack || last.Time.IsZero() {
		t.Errorf("the pool says of the lost lease: %+v", last)
	}
	if !kept.Release() || !again.Release() {
		t.Error("a lease that the program keeps is over")
	}
}

func (w *world) startTerminate(d time.Duration) *call {
	w.t.Helper()
	ctx := w.timeout(d)
	return w.startErr(func() error { return w.pool.Terminate(ctx) })
}

func TestTerminate(t *testing.T) {
	for name, c := range map[string]Config[*thing]{
		"bare": {}, "lane": {Eviction: policy.IdleTimeout(time.Hour)}, "loans": {LeakAfter: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				c.MaxActive = 3
				w.build(c)
				held := w.acquires(3)
				w.release(held...)
				w.sleep(time.Second)
				a, b := w.acquire(3), w.acquire(2) // the first one from the lane, where there is one
				done := w.startTerminate(time.Minute)
				w.closed(1)
				w.sleep(30 * time.Second)
				done.pending()
				w.release(b)
				w.closed(2)
				if _, ok := a.ValueOK(); !ok {
					t.Error("the lease is over too early")
				}
				w.sleep(30 * time.Second)
				w.closed(3)
				done.returned(context.DeadlineExceeded)
				var incomplete *ShutdownError
				if !errors.As(done.err, &incomplete) || incomplete.Leased != 1 || len(incomplete.Terminated) != 1 || incomplete.Terminated[0].Resource != 3 {
					t.Fatalf("got %+v", done.err)
				}
				h := incomplete.Terminated[0]
				if known := name == "loans"; known != (h.Held == time.Minute) || known != strings.Contains(string(h.Stack), "_test.go:") {
					t.Errorf("the holder is %v", h)
				}
				if v, ok := a.ValueOK(); ok || v != nil || a.Value().n != 3 {
					t.Errorf("after that the lease has %v, %v", v, ok)
				}
				if a.Release() || a.Discard() {
					t.Error("the holder's release counts")
				}
				if _, ok := a.Detach(); ok {
					t.Error("the holder's Detach counts")
				}
				w.step()
				if st := w.pool.Stats(); st.Active != 0 || st.Closed.PoolClosed != 3 || st.Closed.Total() != 3 {
					t.Errorf("got %+v", st)
				}
				again := w.startTerminate(time.Minute)
				again.returned(nil)
				again.after(0)
			})
		})
	}
}

// The lease that was granted at the same moment is over from the start, and a release that
// is under way is not disturbed.
func TestTerminateMeetsAcquireAndRelease(t *testing.T) {
	inWorld(t, func(w *world) {
		clean := make(chan struct{})
		w.build(Config[*thing]{Cleanup: func(context.Context, *thing) error { <-clean; return nil }})
		a, b := w.acquire(1), w.acquire(2)
		w.opened(1, 2)
		releasing := w.startEnd(a.Release) // hangs in the cleanup
		done := w.startTerminate(time.Second)
		w.sleep(time.Second)
		done.returned(context.DeadlineExceeded)
		w.closed(2)
		if b.Release() {
			t.Error("the revoked lease was in force")
		}
		e := entryOf[*thing](&b.e.slot)
		if l := leaseOf[*thing](&e.slot); l.Release() || l.Value().n != 2 {
			t.Error("a lease that was granted before is in force")
		}
		if st := w.pool.Stats(); st.Leased != 1 {
			t.Errorf("got %+v", st)
		}
		close(clean)
		releasing.returned(nil)
		w.closed(1)
	})
}

// A lost lease that the collector finds gives its place back at once. Every copy of the
// lease is then over. A lease that was released is not lost.
func TestReclaimGivesThePlaceBack(t *testing.T) {
	inWorld(t, func(w *world) {
		o := &leaks{}
		w.build(Config[*thing]{MaxActive: 1, Reclaim: true, Observer: o})
		lost := borrowForShort(w.pool)
		waits := w.start(context.Background())
		waits.pending()
		lose := func(l Lease[*thing]) { // as the collector does
			w.pool.loans.lose(handleOf(l).loan)
			w.step()
		}
		lose(lost)
		o.expect(t, "lost 1 after 0s by borrowForLong", "closed 1")
		l := waits.granted(2)
		if lost.Release() || lost.Discard() {
			t.Error("a lease that was lost can be released")
		}
		w.release(l)
		lose(l)
		if st := w.pool.Stats(); st.Lost != 1 || st.Closed.Discarded != 1 || st.Idle != 1 || st.Leased != 0 {
			t.Errorf("got %v", st)
		}
		o.expect(t)
		w.opened(1, 2)
		w.closed(1)
		w.shut(2)
	})
}
