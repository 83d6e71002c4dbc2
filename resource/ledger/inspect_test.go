package ledger_test

import (
	"slices"
	"testing"

	"github.com/respool/respool/resource/ledger"
)

// watched has an opened slot that is idle, one that is leased, and a waiter.
func watched(now ledger.Instant) (l *ledger.Ledger, leased ledger.Handle, w *ledger.Waiter) {
	l = ledger.New(ledger.Config{MaxActive: 2, MaxIdle: 2, MinIdle: 1, MaxWaiters: 1})
	a := l.Acquire(now, nil)
	b := l.Acquire(now, nil)
	l.Opened(now, a.Handle)
	leased = l.Opened(now, b.Handle).Handle
	w = new(ledger.Waiter)
	l.Acquire(now, w)
	l.Release(now, a.Handle)
	return l, leased, w
}

// TestPeek sees the work that Take will give, and leaves it there.
func TestPeek(t *testing.T) {
	l, leased, w := watched(0)
	work := l.Take()
	if work.NextWake() != w {
		t.Fatal("nobody was woken")
	}
	l.Release(0, w.Answer().Handle)
	l.Release(0, leased)
	l.Reset(0)
	l.Advance(0)
	for range 2 {
		var closes []int
		l.Peek(func(*ledger.Waiter) { t.Error("somebody is to be woken") },
			func(h ledger.Handle) { closes = append(closes, h.Slot.ID()) },
			func(h ledger.Handle) { t.Errorf("%v is to be opened, there is no room", h) },
			func(h ledger.Handle) { t.Errorf("%v is to be tested", h) })
		if slices.Sort(closes); !slices.Equal(closes, []int{1, 2}) {
			t.Errorf("to be closed are %v, want 1 and 2", closes)
		}
	}
	work = l.Take()
	for range 2 {
		if _, ok := work.NextClose(); !ok {
			t.Error("what was shown is not there")
		}
	}
	l.Peek(nil, nil, nil, nil) // there is nothing to show
}

// TestDump: AppendState appends the same for equal states, at any time and whatever
// happened before, and something else for different states.
func TestDump(t *testing.T) {
	early, _, _ := watched(0)
	late, leased, w := watched(ledger.Instant(7e9))
	dump := func(l *ledger.Ledger, now ledger.Instant) string { return string(l.AppendState(nil, now)) }
	if a, b := dump(early, 0), dump(late, 7e9); a != b {
		t.Errorf("the same is\n%s\nat one time and\n%s\nat another", a, b)
	}
	before := dump(late, 7e9)
	late.Release(7e9, w.Answer().Handle)
	given := dump(late, 7e9)
	if given == before {
		t.Errorf("leased and idle are the same:\n%s", given)
	}
	late.Release(7e9, late.Acquire(7e9, nil).Handle)
	if again := dump(late, 7e9); again != given {
		t.Errorf("lent once more makes a difference:\n%s\nnow\n%s", given, again)
	}
	late.Release(7e9, leased)
	if dump(late, 7e9) == given {
		t.Error("one and two idle are the same")
	}
}
