package ledger

import "github.com/respool/respool/policy"

// maxUses is the highest number of uses that a slot can count.
const maxUses = 1<<32 - 1

// open takes a place and makes a slot for it. The caller has checked that there
// is room.
func (l *Ledger) open(whom openFor) Answer {
	s := l.cfg.NewSlot()
	l.ids++
	s.id, s.resets, s.openedFor = l.ids, l.resets, whom
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

// Opened reports that a slot's resource is open. If an acquirer waits for this
// opening, the answer is Granted; or Close, if the pool is shut. If none does, the
// answer is Done or Close.
func (l *Ledger) Opened(now Instant, h Handle) Answer {
	s := l.current("Opened", h, Opening, Opening)
	l.stats.Opened++
	l.setLifetime(now, s)
	if s.openedFor == forMinIdle {
		l.fillDone(s)
	} else {
		l.minIdle.openedForAcquirer()
	}
	if s.openedFor != forCaller {
		a := l.giveBack(now, s)
		l.scheduleFillIfMinIdle(now) // more may be needed, and they are opened one at a time
		return a
	}
	s.openedFor = forNobody
	if l.shut {
		return l.close(now, s, PoolShut, closeRefuse)
	}
	l.scheduleFillIfMinIdle(now) // a pause may have ended
	return l.grant(s)
}

// setLifetime asks the lifetime policy.
func (l *Ledger) setLifetime(now Instant, s *Slot) {
	draw := l.rand.Float64()
	s.returned = now
	if d := s.details; d != nil {
		d.opened, d.tested, d.draw = now, now, draw
		l.openGates(now, s)
	}
	if l.lifetime == nil {
		return
	}
	life := l.lifetime.Expiry(policy.Info{Opened: now, Returned: now, Tested: now, Draw: draw})
	if life.Until != 0 {
		s.expires = life.Until
		s.until = s.expires
	}
	if life.Uses > 0 {
		s.maxUses = uint32(min(uint64(life.Uses), maxUses))
	}
}

// OpenFailed reports that there will be no resource for a slot: its place is free.
// If an acquire was opening it, the acquire has failed.
func (l *Ledger) OpenFailed(now Instant, h Handle) Answer {
	s := l.current("OpenFailed", h, Opening, Opening)
	l.stats.OpenFailed++
	switch s.openedFor {
	case forCaller:
		l.stats.Failed++
	case forMinIdle:
		l.minIdle.failed(now)
	}
	l.freePlace(now, s)
	return Answer{}
}

// Abandon reports that the acquirer of a slot has left without waiting for what it
// was doing: its context has ended, or the function that it called has panicked.
// Its acquire counts as Failed, not as Canceled, because it had left the queue or
// was never in it. An opening goes on for others. A close goes on, and the closer
// reports Closed as for any other; then the place is free. A test under way counts
// as failed, and the answer is Close. If no acquire waits for the slot, nothing
// happens. It is not for a test in the background: that is reported as Tested.
func (l *Ledger) Abandon(now Instant, h Handle) Answer {
	s := h.Slot
	if s == nil || s.gen != h.Gen {
		l.current("Abandon", h, Opening, Closing)
	}
	switch l.state(s) {
	case Opening:
		if s.openedFor == forCaller {
			s.openedFor = forNobody
			l.stats.Failed++
		}
	case Testing:
		l.stats.Failed++
		return l.close(now, s, FailedTest, closeFree)
	case Closing:
		if s.then != closeFree {
			s.then = closeFree
			l.stats.Failed++
		}
	default:
		l.current("Abandon", h, Opening, Closing)
	}
	return Answer{}
}
