package ledger

import "github.com/respool/respool/policy"

// maxUses is what a slot can count.
const maxUses = 1<<32 - 1

// open takes a place and makes a slot for it. The caller has checked that there
// is room.
func (l *Ledger) open(whom opens) Answer {
	s := l.cfg.NewSlot()
	l.ids++
	s.id, s.resets, s.opens = l.ids, l.resets, whom
	s.gen = 1
	s.until, s.expires = Never, Never
	if l.detailed {
		s.details = &details{softAt: Never}
	}
	l.live = append(l.live, s)
	s.livePos = int32(len(l.live) - 1)
	s.state, s.epoch = Opening, l.epoch
	l.tally[Opening]++
	l.stats.PeakActive = max(l.stats.PeakActive, len(l.live))
	return Answer{Do: Open, Handle: s.handle()}
}

// Opened reports that a slot's resource is there. The answer is Granted; or
// Close, if the pool has been shut; or, if nobody waits for this opening, Done or
// Close.
func (l *Ledger) Opened(now Instant, h Handle) Answer {
	s := l.must("Opened", h, Opening, Opening)
	l.stats.Opened++
	l.born(now, s)
	if s.opens == forMinIdle {
		l.filled(s)
	} else {
		l.succeeded()
	}
	if s.opens != forCaller {
		a := l.giveBack(now, s)
		l.wishIfMinIdle(now) // one at a time: this may not have been the last
		return a
	}
	s.opens = forNobody
	if l.shut {
		return l.close(now, s, PoolShut, thenRefuse)
	}
	l.wishIfMinIdle(now) // a pause may have ended
	return l.grant(s)
}

// born asks the lifetime policy.
func (l *Ledger) born(now Instant, s *Slot) {
	draw := l.rand.Float64()
	s.returned = now
	if d := s.details; d != nil {
		d.opened, d.tested, d.draw = now, now, draw
		l.openGates(now, s)
	}
	if l.lifetime == nil {
		return
	}
	life := l.lifetime.Life(policy.Resource{Opened: now, Returned: now, Tested: now, Draw: draw})
	if life.Until != 0 {
		s.expires = life.Until
		s.until = s.expires
	}
	if life.Uses > 0 {
		s.maxUses = uint32(min(uint64(life.Uses), maxUses))
	}
}

// OpenFailed reports that there will be no resource for a slot: its place is
// free. The acquire that opened it has failed.
func (l *Ledger) OpenFailed(now Instant, h Handle) Answer {
	s := l.must("OpenFailed", h, Opening, Opening)
	l.stats.OpenFailed++
	switch s.opens {
	case forCaller:
		l.stats.Failed++
	case forMinIdle:
		l.fillFailed(now)
	}
	l.gone(now, s)
	return Answer{}
}

// Abandon reports that the acquirer of a slot has left without waiting for what
// it was doing: its context has ended, or the function that it called has
// panicked. Its acquire has Failed, not Cancelled: it had left the line, or never
// stood there. An opening goes on for others. A close goes on, and is reported
// Closed as any other, by whoever does it; its place is then free. A test under way
// is a failed one, and the answer is Close. If nobody waits for the slot, nothing
// happens.
func (l *Ledger) Abandon(now Instant, h Handle) Answer {
	s := h.Slot
	if s == nil || s.gen != h.Gen {
		l.must("Abandon", h, Opening, Closing)
	}
	switch l.state(s) {
	case Opening:
		if s.opens == forCaller {
			s.opens = forNobody
			l.stats.Failed++
		}
	case Testing:
		l.stats.Failed++
		return l.close(now, s, FailedTest, thenFree)
	case Closing:
		if s.then != thenFree {
			s.then = thenFree
			l.stats.Failed++
		}
	default:
		l.must("Abandon", h, Opening, Closing)
	}
	return Answer{}
}
