package oracle

import (
	"fmt"
	"slices"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// The most tests in the background at a time: maxIdleTests, and one in idleTestShare of
// the slots that are idle or tested so, or one.
const (
	maxIdleTests  = 4
	idleTestShare = 2
)

// idleTestOracle: a slot is tested in the background only if it is idle, if nothing has
// happened to it for as long as the pool says, and if not too many are tested. Of those
// whose tests are due, the one that has waited longest comes first. The test makes no
// resource look younger or less idle (I14).
func idleTestOracle() oracle {
	return oracle{
		name: "idle-test",
		effect: func(w *Witness, f *story.Effect) string {
			if f.Kind != story.Tests {
				return ""
			}
			p := w.byID[f.Slot]
			switch {
			case p == nil || p.state != ledger.Idle:
				return fmt.Sprintf("slot %d is tested in the background, and is not idle", f.Slot)
			case w.pool.TestIdleEvery == 0 || w.now < p.checked.Add(w.pool.TestIdleEvery):
				return fmt.Sprintf("slot %d is tested in the background at %v, and was idle or tested at %v", p.id, w.now, p.checked)
			case f.Due != 1<<len(w.pool.Tests)-1:
				return fmt.Sprintf("slot %d is tested in the background by tests %b of %d", p.id, f.Due, len(w.pool.Tests))
			case w.underTest() >= w.mayTest():
				return fmt.Sprintf("slot %d is tested in the background, and %d are already, of %d that may be", p.id, w.underTest(), w.mayTest())
			case len(w.queue) > 0:
				return fmt.Sprintf("slot %d is tested in the background, and %s waits", p.id, w.queue[0].name)
			}
			return ""
		},
		after: func(w *Witness) string {
			if w.count(ledger.Testing) == 0 {
				return ""
			}
			// Another could have been tested, and its test has been due for longer.
			for _, p := range w.slots {
				if p.state != ledger.Testing || p.client != nil || p.since != w.now {
					continue
				}
				if i := slices.IndexFunc(w.idle, func(q *slot) bool { return q.checked < p.checked }); i >= 0 {
					return fmt.Sprintf("%v is tested in the background, and the test of %v has been due for longer", p, w.idle[i])
				}
			}
			return ""
		},
	}
}

// underTest returns how many slots are tested in the background.
func (w *Witness) underTest() int { return len(w.unattended(ledger.Testing)) }

// begunTests returns how many tests in the background have begun in the present event.
func (w *Witness) begunTests() (n int) {
	for _, p := range w.unattended(ledger.Testing) {
		if p.since == w.now && w.event.Verb == story.Advance {
			n++
		}
	}
	return n
}

// mayTest returns how many slots may be tested in the background.
func (w *Witness) mayTest() int {
	return min(maxIdleTests, max(1, (len(w.idle)+w.underTest())/idleTestShare))
}

// beginsTest notes that a slot is tested in the background.
func (w *Witness) beginsTest(f *story.Effect) {
	p := w.byID[f.Slot]
	w.setState(p, ledger.Testing)
	p.due = f.Due
}

// backFromTest notes that such a test is over. Until the effects say something else, the
// slot is idle again where it was before.
func (w *Witness) backFromTest(p *slot) {
	w.counts.states[p.state]--
	w.counts.states[ledger.Idle]++
	p.state, p.since, p.checked = ledger.Idle, w.now, w.now
	i := slices.IndexFunc(w.idle, func(q *slot) bool { return q.turns > p.turns })
	if i < 0 {
		i = len(w.idle)
	}
	w.idle = slices.Insert(w.idle, i, p)
}

// testedInBackground reports whether the present event ends such a test.
func (w *Witness) testedInBackground() bool {
	return w.event.Verb == story.Tested && w.event.What.Client == ""
}
