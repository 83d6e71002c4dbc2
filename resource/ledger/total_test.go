package ledger

import (
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// totalOf returns a Total with ledgers that have these MinIdle, and of which each may have
// one slot.
func totalOf(maxIdle int, minIdle ...int) (t *Total, ledgers []*Ledger) {
	t = NewTotal(NoLimit, maxIdle)
	for _, n := range minIdle {
		l := New(Config{MaxActive: max(n, 1), MaxIdle: NoLimit, MinIdle: n, MaxWaiters: NoLimit, Total: t})
		l.Join(0)
		ledgers = append(ledgers, l)
	}
	return t, ledgers
}

// opened acquires and opens a slot.
func opened(t *testing.T, l *Ledger) Handle {
	t.Helper()
	a := l.Acquire(0, nil)
	if a.Do != Open {
		t.Fatalf("acquire: %v in %v", a, l)
	}
	return l.Opened(0, a.Handle).Handle
}

// settle takes the work of all ledgers, and forgets it.
func settle(t *Total) {
	for l := t.NextTouched(); l != nil; l = t.NextTouched() {
		l.Take()
	}
}

// tested returns a Total with ledgers that test what has been idle for a second. Of the
// first n, each has an idle slot; the first has been idle longest.
func tested(t *testing.T, maxActive, maxIdle, n int) (total *Total, ledgers []*Ledger) {
	t.Helper()
	total = NewTotal(maxActive, maxIdle)
	for i := range 4 {
		l := New(Config{
			MaxActive: 1, MaxIdle: 1, MaxWaiters: NoLimit, Total: total,
			Gates: []policy.Gate{policy.GateFunc(func(policy.Info) Instant { return Never })}, TestIdleEvery: time.Second,
		})
		l.Join(0)
		ledgers = append(ledgers, l)
		if i < n {
			l.Release(0, opened(t, l))
		}
	}
	settle(total)
	return total, ledgers
}

// testOf has the test of the one slot of a ledger begin.
func testOf(t *testing.T, l *Ledger) Handle {
	t.Helper()
	l.Advance(Instant(time.Second))
	w := l.Take()
	h, _, ok := w.NextTest()
	if !ok {
		t.Fatalf("no test begins: %v", l)
	}
	settle(l.total)
	return h
}

// A slot that is tested in the background is not displaced. Afterwards it has its place
// among the idle slots of all ledgers again.
func TestTotalKeepsThePlaceOfTheTested(t *testing.T) {
	const now = Instant(time.Second)
	total, ledgers := tested(t, 2, NoLimit, 2)
	a, b, c, d := ledgers[0], ledgers[1], ledgers[2], ledgers[3]
	under := testOf(t, a)
	displaces := func(l, from *Ledger) {
		t.Helper()
		x := l.Acquire(now, nil)
		if x.Do != Close || x.Handle.Slot.details.ledger != from {
			t.Fatalf("acquire: %v, of the wrong ledger", x)
		}
		l.Release(now, l.Opened(now, from.Closed(now, x.Handle).Handle).Handle)
	}
	displaces(c, b)
	if x := a.Tested(now, under, Passed); x.Do != Done {
		t.Fatalf("tested: %v", x)
	}
	displaces(d, a)
	settle(total)
	if err := total.Check(ledgers); err != nil {
		t.Error(err)
	}
}

// A slot that has passed a test in the background goes to the waiter that has waited
// longest, whatever its ledger.
func TestTotalTestedServesAWaiter(t *testing.T) {
	const now = Instant(time.Second)
	total, ledgers := tested(t, 1, NoLimit, 1)
	a, b := ledgers[0], ledgers[1]
	under := testOf(t, a)
	var w Waiter
	if x := b.Acquire(now, &w); x.Do != Wait {
		t.Fatalf("acquire: %v", x)
	}
	if x := a.Tested(now, under, Passed); x.Do != Done || w.Answer().Do != Close || w.Answer().Handle != under {
		t.Fatalf("tested: %v; the waiter got %v", x, w.Answer())
	}
	settle(total)
	if err := total.Check(ledgers); err != nil {
		t.Error(err)
	}
}

// While a slot is tested another one becomes idle. Then one is too many.
func TestTotalTestedIsSurplus(t *testing.T) {
	const now = Instant(time.Second)
	total, ledgers := tested(t, NoLimit, 1, 1)
	a, b := ledgers[0], ledgers[1]
	under := testOf(t, a)
	b.Release(now, opened(t, b))
	if x := a.Tested(now, under, Passed); x.Do != Close || x.Handle.Slot != under.Slot || a.Why(x.Handle) != Surplus {
		t.Fatalf("tested: %v", x)
	}
	settle(total)
	if err := total.Check(ledgers); err != nil {
		t.Error(err)
	}
}

// A ledger that was to open next for MinIdle does not need it any more: the next one is
// not forgotten.
func TestTotalFeedsTheNext(t *testing.T) {
	total, ledgers := totalOf(1, 0, 1, 1)
	a, x, y := ledgers[0], ledgers[1], ledgers[2]
	a.Release(0, opened(t, a))
	for _, l := range []*Ledger{x, y} {
		if l.Advance(0); l.Pending() || l.NextDeadline() != Never {
			t.Fatalf("one is idle, and %v is due or opens", l)
		}
	}
	settle(total)
	a.Acquire(0, nil)
	if !x.touched {
		t.Error("x is due, and not touched")
	}
	if x.NextDeadline() != 0 || y.NextDeadline() != Never {
		t.Fatalf("none is idle: x is due at %v, y at %v", x.NextDeadline(), y.NextDeadline())
	}
	opened(t, x)
	if x.Advance(0); x.Pending() || y.NextDeadline() != 0 {
		t.Fatalf("x opens: %t; y is due at %v", x.Pending(), y.NextDeadline())
	}
	if y.Advance(0); !y.Pending() {
		t.Error("y does not open")
	}
	settle(total)
	if err := total.Check(ledgers); err != nil {
		t.Error(err)
	}
}

// An acquire and a release look at no ledger but their own, however many there are: they
// touch none, and take the same steps.
func TestTotalCost(t *testing.T) {
	for _, n := range []int{10, 10_000} {
		total, ledgers := totalOf(NoLimit, make([]int, n)...)
		for _, l := range ledgers {
			if a := l.Release(0, opened(t, l)); a.Do != Done {
				t.Fatalf("release: %v", a)
			}
		}
		settle(total)
		l := ledgers[n/2]
		if allocs := testing.AllocsPerRun(100, func() { reuse(t, l, 0) }); allocs > 0 {
			t.Errorf("%d ledgers: %v allocations", n, allocs)
		}
		if total.Touched() {
			t.Errorf("%d ledgers: a cycle touches %v", n, total.NextTouched())
		}
	}
}

// BenchmarkTotal is a cycle of a few ledgers out of few and out of many.
func BenchmarkTotal(b *testing.B) {
	for _, n := range []int{10, 10_000} {
		b.Run(map[int]string{10: "ledgers=10", 10_000: "ledgers=10000"}[n], func(b *testing.B) {
			_, ledgers := totalOf(NoLimit, make([]int, n)...)
			for _, l := range ledgers {
				l.Release(0, l.Opened(0, l.Acquire(0, nil).Handle).Handle)
			}
			i := 0
			for b.Loop() {
				reuse(b, ledgers[i%10], 0) // the same ten, so that the processor's caches have no say
				i++
			}
		})
	}
}
