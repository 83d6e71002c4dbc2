package ledger_test

import (
	"slices"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// deadline returns the exact instant at which the next thing is to be done.
func (tw *twin) deadline() ledger.Instant {
	at := ledger.Never
	if tw.shut {
		return at
	}
	for _, s := range tw.idle {
		at = min(at, s.hardEnd())
		if len(tw.idle) > tw.pool.Keep {
			at = min(at, s.softEnd)
		}
	}
	if tw.mayTestIdle() {
		for _, s := range tw.idle {
			at = min(at, s.checked.Add(tw.pool.TestIdleEvery))
		}
	}
	for _, w := range tw.waiters() {
		at = min(at, w.deadline)
	}
	if tw.heldFor > 0 && tw.probe == nil && tw.waiting() > 0 && tw.room() {
		at = min(at, max(tw.now, tw.heldUntil))
	}
	if tw.wants() {
		at = min(at, max(tw.now, tw.fillAt, tw.heldUntil))
	}
	if tw.excess() {
		at = min(at, tw.now)
	}
	return min(at, tw.replaceAt(), tw.shedAt())
}

// wants reports whether a resource should be opened for MinIdle.
func (tw *twin) wants() bool {
	return len(tw.idle)+tw.underTest() < tw.minIdle && !tw.filling() && tw.room() && tw.waiting() == 0 && tw.probe == nil
}

// excess reports whether an idle slot is above the limits.
func (tw *twin) excess() bool {
	return len(tw.idle) > tw.pool.MaxIdle ||
		len(tw.idle) > 0 && len(tw.live)-tw.count(ledger.Closing) > tw.pool.MaxActive
}

// advance evicts slots that are past a limit. If a slot past a hard limit goes
// first, a slot past a soft one may no longer be above the minimum. The contract
// leaves the order open, so the soft ones go first where the ledger has chosen
// that.
func (tw *twin) advance(evicted, tests []int) {
	if tw.shut {
		return
	}
	tw.evictSoft(func(s *twinSlot) bool { return slices.Contains(evicted, s.id) })
	for _, s := range tw.idle {
		if tw.now >= s.hardEnd() {
			tw.close(story.Closes, "", s, tw.staleReason(s), "")
		}
	}
	tw.evictSoft(func(*twinSlot) bool { return true })
	for tw.excess() {
		tw.close(story.Closes, "", tw.idle[0], ledger.Surplus, "")
	}
	tw.testIdle(tests)
	for _, w := range tw.waiters() {
		if tw.now >= w.deadline {
			tw.unqueue(w.client)
			tw.stats.WaitsRefused++
			tw.refuse(story.Wakes, w.client, ledger.TimedOut)
		}
	}
	tw.shed()
	if tw.heldFor > 0 {
		tw.serve()
	}
	if tw.wants() && tw.now >= max(tw.fillAt, tw.heldUntil) {
		tw.open(story.Opens, "").fill = true
	}
	tw.replace()
}

// evictSoft evicts slots past their soft limit. Those idle longest go first.
func (tw *twin) evictSoft(allowed func(*twinSlot) bool) {
	for _, s := range tw.idle {
		if tw.now < s.softEnd || len(tw.idle) <= tw.pool.Keep {
			return
		}
		if tw.now < s.hardEnd() {
			if !allowed(s) {
				return
			}
			tw.close(story.Closes, "", s, ledger.IdleTooLong, "")
		}
	}
}
