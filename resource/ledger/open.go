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
		s.details = &details{softAt: Never, ledger: l}
	}
	if l.OpensHeld() {
		l.hold.probe = s
	}
	l.live, l.opened = append(l.live, s), append(l.opened, 0)
	l.took()
	s.livePos = int32(len(l.live) - 1)
	s.state, s.epoch = Opening, l.epoch
	l.tally[Opening]++
	l.stats.PeakActive = max(l.stats.PeakActive, len(l.live))
	return Answer{Do: Open, Handle: s.Handle()}
}

// Opened reports that a slot's resource is open. If an acquirer waits for this
// opening, the answer is Granted; or Close, if the pool is shut. If none does, the
// answer is Done or Close.
func (l *Ledger) Opened(now Instant, h Handle) Answer {
	s := l.current("Opened", h, Opening, Opening)
	l.stats.Opened++
	l.opened[s.livePos] = now
	l.setLifetime(now, s)
	lifted := l.liftHold()
	switch s.openedFor {
	case forMinIdle:
		l.fillDone(s)
	case forReplacement:
		l.supersede(now, s)
	default:
		l.minIdle.openedForAcquirer()
	}
	a := l.useOpened(now, s)
	if lifted {
		l.serve(now)
	}
	l.scheduleFillIfMinIdle(now) // a pause may have ended, and for MinIdle one is opened after the other
	return a
}

// useOpened gives a slot that was just opened to the acquirer that waits for the opening,
// or to whom it may concern.
func (l *Ledger) useOpened(now Instant, s *Slot) Answer {
	if s.openedFor != forCaller {
		return l.giveBack(now, s)
	}
	s.openedFor = forNobody
	if l.shut {
		return l.close(now, s, PoolShut, closeRefuse)
	}
	return l.grant(s)
}

// setLifetime asks the lifetime policy.
func (l *Ledger) setLifetime(now Instant, s *Slot) {
	draw := l.rand.Float64()
	s.returned = now
	if d := s.details; d != nil {
		d.opened, d.tested, d.draw = now, now, draw
		l.openGates(now, s)
		l.clear(s)
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
	l.scheduleReplacing(now, s)
}

// OpenFailed reports that there will be no resource for a slot: its place is free.
// If an acquire was opening it, the acquire has failed and the answer is Done; or, with
// OpenBackoff, the acquire may go on and the answer is Held.
func (l *Ledger) OpenFailed(now Instant, h Handle) (a Answer) {
	s := l.current("OpenFailed", h, Opening, Opening)
	l.stats.OpenFailed++
	l.holdOpens(now, s)
	switch {
	case s.openedFor == forCaller && l.OpensHeld() && !l.shut:
		a = l.heldUp()
	case s.openedFor == forCaller:
		l.stats.Failed++
	case s.openedFor == forMinIdle:
		l.filled()
		l.minIdle.failed(now)
	case s.openedFor == forReplacement:
		l.filled()
		l.minIdle.failed(now)
		l.notReplaced(now, s)
	}
	l.freePlace(now, s)
	l.refuseUnbounded(now)
	return a
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
		if s.then == closeHandOver {
			l.disinherit(now, s).stats.Failed++
		} else if s.then.acquires() {
			s.then = closeFree
			l.stats.Failed++
		}
	default:
		l.current("Abandon", h, Opening, Closing)
	}
	return Answer{}
}
