package ledger_test

import (
	"time"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

func (tw *twin) opened(c string, s *twinSlot, draw float64) {
	tw.stats.Opened++
	lifted := tw.heldFor > 0
	tw.heldFor, tw.heldUntil, tw.probe = 0, 0, nil
	s.returned, s.openedAt, s.suspect = tw.now, tw.now, false
	for range tw.pool.Tests {
		s.tested = append(s.tested, tw.now)
	}
	if age := tw.pool.MaxAge; age > 0 {
		s.expires = tw.now.Add(age - time.Duration(draw*float64(tw.pool.Jitter)))
		tw.toReplace(s)
	}
	if s.fill {
		s.fill, s.stock, tw.failures = false, true, 0
	} else if s.heir.of != nil {
		tw.supersede(s)
	} else {
		tw.failures, tw.wasted, tw.fillAt = 0, 0, 0
	}
	switch owner := s.owner; {
	case owner == "":
		tw.giveBack(c, s)
	case tw.shut:
		tw.close(story.Answered, c, s, ledger.PoolShut, owner)
	default:
		tw.grant(story.Answered, c, s)
	}
	if lifted {
		tw.serve()
	}
}

func (tw *twin) openFailed(c string, s *twinSlot) {
	tw.stats.OpenFailed++
	if first := tw.pool.OpenBackoff / 10; first > 0 && (tw.heldFor == 0 || tw.probe == s) {
		tw.heldFor++
		pause := first
		for range tw.heldFor - 1 {
			pause = min(2*pause, tw.pool.OpenBackoff)
		}
		tw.heldUntil, tw.probe = tw.now.Add(pause), nil
	}
	if s.fill || s.heir.of != nil {
		tw.failures++
		tw.pause()
	}
	if s.heir.of != nil {
		tw.tryLater(s.heir.of)
	}
	switch {
	case s.owner == "":
		tw.done(c)
	case tw.heldFor > 0 && !tw.shut:
		tw.heldUp(c)
	default:
		tw.stats.Failed++
		tw.done(c)
	}
	tw.gone(s)
	if tw.heldFor == 0 || tw.count(ledger.Opening, ledger.Testing, ledger.Leased) > 0 {
		return
	}
	for _, w := range tw.waiters() {
		if w.unbounded {
			tw.unqueue(w.client)
			tw.stats.WaitsRefused++
			tw.refuse(story.Wakes, w.client, ledger.OpenFails)
		}
	}
}

// pause keeps openings for MinIdle away for a time that doubles.
func (tw *twin) pause() {
	delay := 100 * time.Millisecond
	for range tw.failures + tw.wasted - 1 {
		delay = min(2*delay, 10*time.Second)
	}
	tw.fillAt = tw.now.Add(delay)
}

func (tw *twin) tested(c string, s *twinSlot, v ledger.Verdict) {
	if v != ledger.Passed {
		tw.suspect()
	}
	if s.idleTest {
		tw.idleTested(s, v)
		return
	}
	s.suspect = s.suspect && v != ledger.Passed
	for i := range s.tested {
		if v == ledger.Passed && s.due&(1<<i) != 0 {
			s.tested[i] = tw.now
		}
	}
	why := ledger.FailedTest
	switch {
	case v != ledger.Passed:
		s.reopen = v == ledger.GaveUp
	case tw.shut:
		why = ledger.PoolShut
	case s.retired:
		why = ledger.Retired
	case s.old:
		why = ledger.WasReset
	case tw.now >= s.hardEnd():
		why = tw.staleReason(s)
		s.reopen = true
	default:
		tw.grant(story.Answered, c, s)
		return
	}
	tw.insteadOf(c, s, why)
}

// insteadOf continues the acquire of a client that has found s useless. If
// there is a limit, the client closes s first.
func (tw *twin) insteadOf(c string, s *twinSlot, why ledger.Reason) {
	if tw.shut || tw.pool.MaxActive != ledger.NoLimit {
		tw.close(story.Answered, c, s, why, s.owner)
		return
	}
	var good *twinSlot
	if !tw.shut && !s.reopen {
		var stale []*twinSlot
		stale, good = tw.split()
		tw.dropStale(stale)
	}
	switch {
	case good != nil:
		tw.close(story.Closes, "", s, why, "")
		tw.idle = remove(tw.idle, good)
		tw.lend(story.Answered, c, good)
	case tw.held():
		tw.close(story.Closes, "", s, why, "")
		tw.heldUp(c)
	default:
		tw.close(story.Closes, "", s, why, "")
		tw.open(story.Answered, c)
	}
}

func (tw *twin) closed(c string, s *twinSlot) {
	tw.stats.Closed[s.why]++
	if s.owner == "" {
		tw.done(c)
		tw.gone(s)
		tw.openInPlace(s)
		return
	}
	if tw.shut {
		tw.forget(s)
		tw.refuse(story.Answered, c, ledger.Shutdown)
		return
	}
	var good *twinSlot
	if !s.reopen {
		var stale []*twinSlot
		stale, good = tw.split()
		tw.dropStale(stale)
	}
	tw.forget(s)
	switch {
	case good != nil:
	case tw.held():
		tw.heldUp(c)
		tw.serve()
		return
	default:
		tw.open(story.Answered, c)
		return
	}
	tw.idle = remove(tw.idle, good)
	tw.lend(story.Answered, c, good)
}

func (tw *twin) abandon(c string, s *twinSlot) {
	if s.owner != "" {
		tw.stats.Failed++
	}
	s.owner = ""
	if s.state == ledger.Testing {
		tw.close(story.Answered, c, s, ledger.FailedTest, "")
		return
	}
	tw.done(c)
}
