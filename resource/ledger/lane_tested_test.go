package ledger

import (
	"testing"

	"github.com/respool/respool/policy"
)

// TestTestedInLane: an owner tests the slot in the lane before it lends it, and the slot
// leaves the lane meanwhile. The acquire ends as if the ledger had asked for the
// test.
func TestTestedInLane(t *testing.T) {
	for name, end := range map[string]struct {
		report func(l *Ledger, h Handle) Answer
		want   Action
	}{
		"passed":    {func(l *Ledger, h Handle) Answer { return l.Tested(0, h, Passed) }, Granted},
		"failed":    {func(l *Ledger, h Handle) Answer { return l.Tested(0, h, Failed) }, Open},
		"gave up":   {func(l *Ledger, h Handle) Answer { return l.Tested(0, h, GaveUp) }, Open},
		"abandoned": {func(l *Ledger, h Handle) Answer { return l.Abandon(0, h) }, Close},
		"reset":     {func(l *Ledger, h Handle) Answer { l.Reset(0); return l.Tested(0, h, Passed) }, Open},
		"shut":      {func(l *Ledger, h Handle) Answer { l.Shut(0); return l.Tested(0, h, Passed) }, Close},
	} {
		t.Run(name, func(t *testing.T) {
			l := New(Config{MaxActive: NoLimit, MaxIdle: 2, Gates: []policy.Gate{plain}, LaneTests: true})
			check := func() {
				t.Helper()
				if err := l.Check(); err != nil {
					t.Error(err)
				}
			}
			h := l.Acquire(0, nil).Handle
			l.Opened(0, h)
			l.Release(0, h)
			lap, ok := l.EnterLane(0)
			if !ok || lap.Until != Never {
				t.Fatalf("Enter says %+v, %v", lap, ok)
			}
			check()
			stale := lap.Slot.Handle()
			l.ExitLane(0, 0, true)
			l.TestedInLane(lap.Slot)
			check()
			if st := l.Stats(); st.Testing != 1 || st.Leased != 0 || st.Granted != 1 || st.Acquires != 2 {
				t.Errorf("while it is tested: %+v", st)
			}
			if a := l.Release(0, stale); a.Do != Stale {
				t.Errorf("the handle of the lane is good for %v", a)
			}
			if a := end.report(l, lap.Slot.Handle()); a.Do != end.want {
				t.Errorf("answered %v, want %v", a, end.want)
			}
			check()
		})
	}
}
