package ledger_test

import (
	"fmt"
	"slices"
	"testing"
	"unsafe"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// everything takes a work apart: the waiters to wake, by tag, and the slots to
// close.
func everything(w *ledger.Work) (wakes []string, closes []int) {
	for next := w.NextWake(); next != nil; next = w.NextWake() {
		wakes = append(wakes, next.Tag.(string))
	}
	for h, ok := w.NextClose(); ok; h, ok = w.NextClose() {
		closes = append(closes, h.Slot.ID())
	}
	slices.Sort(closes)
	return wakes, closes
}

// TestWorkAdd puts the works of many events together. Nothing is lost, whatever the
// works are made of, and waiters are woken in order.
func TestWorkAdd(t *testing.T) {
	l := ledger.New(ledger.Config{MaxActive: 4, MaxIdle: 4, MaxWaiters: ledger.NoLimit})
	lease := func() ledger.Handle { return l.Opened(0, l.Acquire(0, nil).Handle).Handle }
	var all ledger.Work
	add := func() {
		if !l.Pending() {
			t.Fatalf("no work in %v", l)
		}
		w := l.Take()
		if l.Pending() || w.Empty() {
			t.Fatalf("the work was not taken")
		}
		all.Add(&w)
		if !w.Empty() {
			t.Errorf("something stays behind")
		}
	}
	for range 2 {
		first, second := lease(), lease()
		l.Release(0, first)
		l.Release(0, second)
		l.Reset(0)
		add()
	}
	names := []string{"a", "b", "c", "d"}
	for _, name := range names {
		l.Acquire(0, &ledger.Waiter{Tag: name})
	}
	for n := range 2 {
		l.Resize(0, 5+n, 4)
		add()
	}
	l.Shut(0)
	add()
	wakes, closes := everything(&all)
	if !slices.Equal(wakes, names) || !slices.Equal(closes, []int{1, 2, 3, 4}) {
		t.Errorf("woken are %v, closed are %v", wakes, closes)
	}
	if !all.Empty() {
		t.Errorf("work is left")
	}
}

// TestWorkAddCloses adds closes that were chosen one by one, swept lists, and both
// at a time, to a work that has none or either of them.
func TestWorkAddCloses(t *testing.T) {
	for _, first := range [][2]int{{0, 0}, {2, 0}, {0, 2}, {2, 2}} {
		for _, second := range [][2]int{{2, 0}, {0, 2}, {3, 2}} {
			l := ledger.New(ledger.Config{MaxActive: ledger.NoLimit, MaxIdle: ledger.NoLimit, Lifetime: policy.MaxAge(10)})
			var all ledger.Work
			opened := 0
			now := ledger.Instant(0)
			for _, n := range [][2]int{first, second} {
				// Some become too old, the others are swept by a reset.
				idle(l, now, n[0])
				now += 10
				l.Advance(now)
				idle(l, now, n[1])
				l.Reset(now)
				w := l.Take()
				all.Add(&w)
				opened += n[0] + n[1]
				if !w.Empty() {
					t.Errorf("%v, %v: something stays behind", first, second)
				}
			}
			if _, closes := everything(&all); len(closes) != opened || len(slices.Compact(closes)) != opened {
				t.Errorf("%v, %v: closed are %v of %d", first, second, closes, opened)
			}
		}
	}
}

// idle opens n resources, and has them idle.
func idle(l *ledger.Ledger, now ledger.Instant, n int) {
	var leases []ledger.Handle
	for range n {
		leases = append(leases, l.Opened(now, l.Acquire(now, nil).Handle).Handle)
	}
	for _, h := range leases {
		l.Release(now, h)
	}
}

// TestAbandonMustBeCurrent: it is a mistake of the owner to abandon a stale handle,
// no slot, or a slot that no acquirer follows.
func TestAbandonMustBeCurrent(t *testing.T) {
	l := ledger.New(ledger.Config{MaxActive: 3, MaxIdle: 3})
	leased := l.Opened(0, l.Acquire(0, nil).Handle).Handle
	was := l.Opened(0, l.Acquire(0, nil).Handle).Handle
	l.Release(0, was)
	gone := l.Acquire(0, nil).Handle
	l.Detach(0, gone)
	opening := l.Acquire(0, nil).Handle
	for name, h := range map[string]ledger.Handle{
		"no slot": {}, "a lease": leased, "a stale handle": was, "one that is gone": gone, "the handle before": {Slot: opening.Slot},
	} {
		before := l.Stats()
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			l.Abandon(0, h)
		}()
		if after := l.Stats(); after != before {
			t.Errorf("%s: the panic has changed the counts", name)
		}
	}
	if a := l.Abandon(0, opening); a.Do != ledger.Done || l.Stats().Failed != 1 {
		t.Errorf("an opening: %v", a)
	}
}

// TestQuestions: methods that only return a part of the state.
func TestQuestions(t *testing.T) {
	l := ledger.New(ledger.Config{MaxActive: 1, MaxIdle: 1})
	type state struct{ busy, shut, drained bool }
	look := func(when string, want state) {
		t.Helper()
		if got := (state{l.AtCapacity(), l.IsShut(), l.Drained()}); got != want {
			t.Errorf("%s: %+v, want %+v", when, got, want)
		}
	}
	look("empty", state{})
	h := l.Acquire(0, nil).Handle
	look("opening", state{busy: true})
	h = l.Opened(0, h).Handle
	look("leased", state{busy: true})
	l.Release(0, h)
	look("idle", state{})
	l.Shut(0)
	look("shut", state{busy: true, shut: true})
	work := l.Take()
	h, _ = work.NextClose()
	l.Closed(0, h)
	look("closed", state{shut: true, drained: true})
}

// TestNewRefuses: New panics if limits contradict each other.
func TestNewRefuses(t *testing.T) {
	if unsafe.Sizeof(int(0)) == 8 {
		many := ledger.NoLimit
		many++
		for name, c := range map[string]ledger.Config{
			"MaxActive":  {MaxActive: many},
			"MaxIdle":    {MaxActive: 1, MaxIdle: many},
			"MinIdle":    {MaxActive: 1, MaxIdle: 1, MinIdle: many},
			"MaxWaiters": {MaxActive: 1, MaxWaiters: many},
		} {
			func() {
				defer func() {
					if want := fmt.Sprintf("ledger: %s is %d, more than a ledger counts, which is 2147483647", name, many); recover() != want {
						t.Errorf("%s beyond NoLimit: want %s", name, want)
					}
				}()
				ledger.New(c)
			}()
		}
	}
	good := ledger.Config{MaxActive: 2, MaxIdle: 2}
	for name, spoil := range map[string]func(*ledger.Config){
		"max-active of zero":      func(c *ledger.Config) { c.MaxActive = 0 },
		"negative max-idle":       func(c *ledger.Config) { c.MaxIdle = -1 },
		"negative max-waiters":    func(c *ledger.Config) { c.MaxWaiters = -1 },
		"negative wait timeout":   func(c *ledger.Config) { c.WaitTimeout = -1 },
		"negative min-idle":       func(c *ledger.Config) { c.MinIdle = -1 },
		"min-idle above max-idle": func(c *ledger.Config) { c.MaxIdle, c.MinIdle = 1, 2 },
		"min-idle above active":   func(c *ledger.Config) { c.MaxIdle, c.MinIdle = 3, 3 },
		"unknown order":           func(c *ledger.Config) { c.Order = 7 },
	} {
		c := good
		spoil(&c)
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			ledger.New(c)
		}()
	}
	if l := ledger.New(good); l.NextDeadline() != ledger.Never {
		t.Errorf("the good one has something due at %v", l.NextDeadline())
	}
}
