package ledger_test

import (
	"slices"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// underTest returns how many slots are tested in the background.
func (tw *twin) underTest() (n int) {
	for _, s := range tw.live {
		if s.idleTest {
			n++
		}
	}
	return n
}

// mayTestIdle reports whether one more slot may be tested in the background (I14).
func (tw *twin) mayTestIdle() bool {
	n := tw.underTest()
	return tw.pool.TestIdleEvery > 0 && n < 4 && n < max(1, (len(tw.idle)+n)/2)
}

// testIdle tests slots in the background, those first whose tests have been due for
// longest. Of those that are alike, the ledger's choice goes first.
func (tw *twin) testIdle(chosen []int) {
	for tw.mayTestIdle() {
		var next *twinSlot
		for _, s := range tw.idle {
			switch {
			case tw.now < s.checked.Add(tw.pool.TestIdleEvery):
			case next == nil || s.checked < next.checked || s.checked == next.checked && slices.Contains(chosen, s.id):
				next = s
			}
		}
		if next == nil {
			return
		}
		chosen = slices.DeleteFunc(slices.Clone(chosen), func(id int) bool { return id == next.id })
		tw.idle = remove(tw.idle, next)
		next.state, next.idleTest, next.due = ledger.Testing, true, 1<<len(tw.pool.Tests)-1
		tw.say(story.Effect{Kind: story.Tests, Slot: next.id, Gen: next.gen, Due: next.due})
	}
}

// idleTested ends a test in the background.
func (tw *twin) idleTested(s *twinSlot, v ledger.Verdict) {
	s.idleTest = false
	why := ledger.FailedTest
	if v == ledger.Passed {
		s.suspect = false
		for i := range s.tested {
			s.tested[i] = tw.now
		}
		why = tw.unfit(s, s.uses > 0)
		if why == ledger.NotClosed && tw.now >= s.hardEnd() {
			why = tw.staleReason(s)
		}
	}
	switch {
	case why != ledger.NotClosed:
		tw.close(story.Answered, "", s, why, "")
	case tw.waiting() > 0:
		tw.done("")
		tw.stats.WaitsGranted++
		tw.grant(story.Wakes, tw.serveFirst(), s)
	default:
		tw.idleAgain(s)
	}
}

// idleAgain puts a slot back to where it was among the idle ones.
func (tw *twin) idleAgain(s *twinSlot) {
	s.state, s.checked = ledger.Idle, tw.now
	at := slices.IndexFunc(tw.idle, func(o *twinSlot) bool { return o.idleAt > s.idleAt })
	if at < 0 {
		at = len(tw.idle)
	}
	tw.idle = slices.Insert(slices.Clone(tw.idle), at, s)
	if len(tw.idle) > tw.pool.MaxIdle {
		tw.close(story.Answered, "", tw.idle[0], ledger.Surplus, "")
		return
	}
	tw.done("")
	tw.evictForOneMore()
}
