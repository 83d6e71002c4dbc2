package ledger_test

import (
	"slices"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// deadline is the earliest instant at which something is to be done, to the
// nanosecond.
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
	for _, w := range tw.line {
		at = min(at, w.deadline)
	}
	if tw.wants() {
		at = min(at, max(tw.now, tw.fillAt))
	}
	if tw.excess() {
		at = min(at, tw.now)
	}
	return at
}

// wants reports whether a resource should be opened for MinIdle.
func (tw *twin) wants() bool {
	filling := slices.ContainsFunc(tw.live, func(s *twinSlot) bool { return s.fill })
	return len(tw.idle) < tw.minIdle && !filling && tw.room() && len(tw.line) == 0
}

// excess reports whether an idle slot is above the limits.
func (tw *twin) excess() bool {
	return len(tw.idle) > tw.pool.MaxIdle ||
		len(tw.idle) > 0 && len(tw.live)-tw.count(ledger.Closing) > tw.pool.MaxActive
}

// advance evicts what is past a limit. Which goes first, one past a hard limit or
// one past a soft one, decides whether a second one past its soft limit is still
// above the minimum; the contract leaves that open, so the soft ones go first as
// far as the ledger has chosen so.
func (tw *twin) advance(evicted []int) {
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
	for len(tw.line) > 0 && tw.now >= tw.line[0].deadline {
		tw.stats.WaitsRefused++
		tw.refuse(story.Wakes, tw.pop(), ledger.TimedOut)
	}
	if tw.wants() && tw.now >= tw.fillAt {
		tw.open(story.Opens, "").fill = true
	}
}

// evictSoft evicts those past their soft limit, those idle longest first.
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
