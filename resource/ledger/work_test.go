package ledger_test

import (
	"slices"
	"testing"

	"github.com/respool/respool/resource/ledger"
)

// everything takes a work apart: who is woken, by tag, and which slots close.
func everything(w *ledger.Work) (wakes []string, closes []int) {
	for next := w.Wake(); next != nil; next = w.Wake() {
		wakes = append(wakes, next.Tag.(string))
	}
	for h, ok := w.Close(); ok; h, ok = w.Close() {
		closes = append(closes, h.Slot.ID())
	}
	slices.Sort(closes)
	return wakes, closes
}

// TestWorkAdd puts the works of many events together. Nothing is lost, whatever
// the works are made of, and those who wait are woken in order.
func TestWorkAdd(t *testing.T) {
	l := ledger.New(ledger.Config{MaxActive: 4, MaxIdle: 4, MaxWaiters: ledger.NoLimit})
	lease := func() ledger.Handle { return l.Opened(0, l.Acquire(0, nil).Handle).Handle }
	var all ledger.Work
	add := func() {
		if !l.Pending() {
			t.Fatalf("no work in %v", l)
		}
		w := l.Take()
		if l.Pending() || w.Idle() {
			t.Fatalf("the work was not taken")
		}
		all.Add(&w)
		if !w.Idle() {
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
	if !all.Idle() {
		t.Errorf("work is left")
	}
}

// TestQuestions: what an owner asks of a ledger besides.
func TestQuestions(t *testing.T) {
	l := ledger.New(ledger.Config{MaxActive: 1, MaxIdle: 1})
	type state struct{ busy, shut, drained bool }
	look := func(when string, want state) {
		t.Helper()
		if got := (state{l.Busy(), l.IsShut(), l.Drained()}); got != want {
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
	h, _ = work.Close()
	l.Closed(0, h)
	look("closed", state{shut: true, drained: true})
}

// TestNewRefuses: a contradiction in the limits is the owner's mistake.
func TestNewRefuses(t *testing.T) {
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
	if l := ledger.New(good); l.Next() != ledger.Never {
		t.Errorf("the good one has something due at %v", l.Next())
	}
}
