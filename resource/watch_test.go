package resource

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// recorder notes events as lines of text.
type recorder struct {
	mu     sync.Mutex
	events []Event
}

func (r *recorder) Observe(e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

// take returns what has happened since the last call, one line for each event.
func (r *recorder) take() (lines []string) {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		lines = append(lines, lineOf(e))
	}
	r.events = nil
	return lines
}

// lineOf is an event with those of its fields that are not zero.
func lineOf(e Event) string {
	var b strings.Builder
	b.WriteString(e.Kind.String())
	if e.Resource != 0 {
		fmt.Fprintf(&b, " %d", e.Resource)
	}
	if e.Took != 0 {
		fmt.Fprintf(&b, " took %v", e.Took)
	}
	if e.Waited != 0 {
		fmt.Fprintf(&b, " waited %v", e.Waited)
	}
	if e.Reason != 0 {
		fmt.Fprintf(&b, " (%v)", e.Reason)
	}
	if e.Abandoned {
		b.WriteString(" abandoned")
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

func (r *recorder) expect(t *testing.T, want ...string) {
	t.Helper()
	if got := r.take(); !slices.Equal(got, want) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// watched makes a pool for which a recorder watches. Open takes a second, and a test and
// a close a millisecond each.
func watched(t *testing.T, c Config[int]) (*Pool[int], *recorder) {
	t.Helper()
	r := &recorder{}
	if c.Observer == nil {
		c.Observer = r
	} else {
		c.Observer = Observers(c.Observer, r)
	}
	if c.Open == nil {
		c.Open = func(context.Context) (int, error) { time.Sleep(time.Second); return 1, nil }
	}
	if c.Close == nil {
		c.Close = func(int) error { time.Sleep(time.Millisecond); return nil }
	}
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p, r
}

func acquireOne(t *testing.T, p *Pool[int]) Lease[int] {
	t.Helper()
	l, err := p.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestEventsOfACycle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, r := watched(t, Config[int]{Name: "things", MaxActive: 1})
		began := time.Now()
		type key struct{}
		ctx := context.WithValue(t.Context(), key{}, "caller")
		l, err := p.Acquire(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range r.events {
			if e.Pool != "things" || e.Context.Value(key{}) != "caller" || !e.Time.Equal(began.Add(time.Second)) {
				t.Errorf("%v of pool %q at %v, with context %v", e.Kind, e.Pool, e.Time, e.Context)
			}
		}
		r.expect(t, "opened 1 took 1s", "acquired 1 took 1s")
		time.Sleep(3 * time.Second)
		l.Release()
		l.Release()
		r.expect(t, "returned 1 took 3s")
		l = acquireOne(t, p)
		r.expect(t, "acquired 1")
		go func() {
			time.Sleep(time.Minute)
			l.Release()
		}()
		l2 := acquireOne(t, p)
		r.expect(t, "returned 1 took 1m0s", "acquired 1 took 1m0s waited 1m0s")
		if _, err := p.TryAcquire(t.Context()); err == nil {
			t.Error("acquired the one resource twice")
		}
		r.expect(t, "refused: resource: pool is exhausted: 1 of 1 active (1 leased, 0 idle), 0 waiting")
		l2.Discard()
		l2.Discard()
		r.expect(t, "discarded 1", "closed 1 took 1ms (discarded)")
		l3 := acquireOne(t, p)
		l3.Detach()
		l3.Detach()
		r.expect(t, "opened 2 took 1s", "acquired 2 took 1s", "detached 2")
		acquireOne(t, p).Release()
		r.take()
		p.Close()
		r.expect(t, "shut_down", "closed 3 took 1ms (pool_closed)")
		if _, err := p.Acquire(t.Context()); err == nil {
			t.Error("acquired from a closed pool")
		}
		r.expect(t, "refused: resource: pool is closed: 0 of 1 active (0 leased, 0 idle), 0 waiting")
	})
}

// Each reason of the ledger has one of this package, with a name; and so has each event.
func TestReasonsAndEventsHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for why := ledger.NotClosed + 1; why < ledger.NumReasons; why++ {
		if name := closeReasons[why].String(); name == "unknown" || seen[name] {
			t.Errorf("%v is %q", why, name)
		} else {
			seen[name] = true
		}
	}
	if n := reflect.TypeFor[ClosedCounts]().NumField(); n != len(seen) {
		t.Errorf("ClosedCounts has %d counts, and there are %d reasons", n, len(seen))
	}
	for kind := EventAcquired; int(kind) < len(eventNames); kind++ {
		if name := kind.String(); name == "unknown" || seen["event "+name] {
			t.Errorf("event %d is %q", kind, name)
		} else {
			seen["event "+name] = true
		}
	}
	if EventKind(0).String() != "unknown" || EventKind(200).String() != "unknown" || CloseReason(200).String() != "unknown" {
		t.Error("what is no kind has a name")
	}
}

// A context that panics when a resource is about to be opened: Open is not called, and the
// events say that nothing was opened, as Stats does.
func TestEventsOfABadContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, r := watched(t, Config[int]{MaxActive: 1})
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic is lost")
				}
			}()
			p.Acquire(badContext{Context: t.Context(), onDone: fails})
		}()
		r.expect(t, "open_failed 1: resource: open: the call of Open did not return",
			"refused: resource: a function of the caller or of Config did not return")
		if st := p.Stats(); st.OpenFailed != 1 || st.Failed != 1 || st.Active != 0 {
			t.Errorf("the pool has counted %v", st)
		}
	})
}

// EventTested says how a test has ended, and its context who waits for it.
func TestEventsOfTests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var outcome error
		var idle atomic.Int64
		c := Config[int]{
			MaxActive: 1, TestIdleEvery: time.Hour,
			BorrowTest: policy.Test(func(context.Context, int, time.Time) error { time.Sleep(time.Second); return outcome }),
			Observer: observerFunc(func(e Event) {
				if e.Kind == EventTested && WhileIdle(e.Context) {
					idle.Add(1)
				}
			}),
		}
		p, r := watched(t, c)
		acquireOne(t, p).Release()
		r.take()
		acquireOne(t, p).Release()
		r.expect(t, "tested 1 took 1s", "acquired 1 took 1s", "returned 1")
		if n := idle.Load(); n != 0 {
			t.Errorf("%d tests in the background, while a caller waits", n)
		}
		time.Sleep(time.Hour + time.Minute)
		r.expect(t, "tested 1 took 1s")
		if n := idle.Load(); n != 1 {
			t.Errorf("%d tests in the background, want 1", n)
		}
		outcome = errors.New("broken pipe")
		acquireOne(t, p).Release()
		r.expect(t, "tested 1 took 1s: broken pipe", "closed 1 took 1ms (failed_test)",
			"opened 2 took 1s", "acquired 2 took 2.001s", "returned 2")
		p.Close()
	})
}
