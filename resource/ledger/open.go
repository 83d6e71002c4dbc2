package ledger

import "time"

// open takes a place and makes a slot for it. The caller has checked that there
// is room.
func (l *Ledger) open(owned bool) Answer {
	s := l.cfg.NewSlot()
	l.ids++
	s.id, s.resets, s.owned = l.ids, l.resets, owned
	s.gen = 1
	s.until, s.expires, s.softAt = Never, Never, Never
	l.live = append(l.live, s)
	s.livePos = int32(len(l.live) - 1)
	s.state, s.epoch = Opening, l.epoch
	l.tally[Opening]++
	l.peak()
	return Answer{Do: Open, Handle: s.handle()}
}

// Opened reports that a slot's resource is there. The answer is Granted; or
// Close, if the pool has been shut; or, if nobody waits for this opening, Done or
// Close.
func (l *Ledger) Opened(now Instant, h Handle) Answer {
	s := l.must("Opened", h, Opening, Opening)
	l.stats.Opened++
	l.born(now, s)
	if s.fill {
		l.filled(now, s, true)
	}
	if !s.owned {
		a := l.giveBack(now, s)
		l.wishIfMinIdle(now) // one at a time: this may not have been the last
		return a
	}
	s.owned = false
	if l.shut {
		return l.close(s, PoolShut, thenRefuse)
	}
	return l.grant(s)
}

// born asks the lifetime policy.
func (l *Ledger) born(now Instant, s *Slot) {
	s.facts.Opened, s.facts.Returned = now, now
	s.facts.Draw = l.rand.Float64()
	l.openGates(now, s)
	if l.lifetime == nil {
		return
	}
	life := l.lifetime.Life(s.facts)
	if life.Until != 0 {
		s.expires = life.Until
		s.until = s.expires
	}
	s.maxUses = life.Uses
}

// OpenFailed reports that there will be no resource for a slot: its place is
// free. The acquire that opened it has failed.
func (l *Ledger) OpenFailed(now Instant, h Handle) Answer {
	s := l.must("OpenFailed", h, Opening, Opening)
	l.stats.OpenFailed++
	if s.owned {
		l.stats.Failed++
	}
	if s.fill {
		l.filled(now, s, false)
	}
	l.gone(now, s)
	return Answer{}
}

// Abandon reports that the acquirer of a slot has left without waiting for what
// it was doing. An opening goes on for others; a close goes on, but nothing
// follows from it; a test under way is a failed one, and the answer is Close.
func (l *Ledger) Abandon(now Instant, h Handle) Answer {
	s := h.Slot
	if s == nil || s.gen != h.Gen {
		l.must("Abandon", h, Opening, Closing)
	}
	switch l.state(s) {
	case Opening:
		if s.owned {
			s.owned = false
			l.stats.Failed++
		}
	case Testing:
		l.stats.Failed++
		return l.close(s, FailedTest, thenFree)
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

// The wait between attempts to open for MinIdle, after a first failure and at
// most.
const (
	fillDelay    = 100 * time.Millisecond
	fillDelayMax = 10 * time.Second
)

// filled ends an opening for MinIdle.
func (l *Ledger) filled(now Instant, s *Slot, ok bool) {
	s.fill, l.filling = false, false
	if ok {
		l.failures, l.fillAt = 0, 0
		return
	}
	delay := min(fillDelay<<min(l.failures, 10), fillDelayMax)
	l.failures++
	l.fillAt = now.Add(delay)
}

// wants reports whether a resource should be opened for MinIdle.
func (l *Ledger) wants() bool {
	return l.tally[Idle] < l.minIdle && !l.filling && l.room() && l.queue.n == 0
}

// wish has Advance called when a resource should be opened for MinIdle.
func (l *Ledger) wish(now Instant) {
	if l.wants() {
		l.due(max(now, l.fillAt))
	}
}

func (l *Ledger) wishIfMinIdle(now Instant) {
	if l.minIdle > 0 {
		l.wish(now)
	}
}

// fill opens for MinIdle, one at a time so as not to storm a server.
func (l *Ledger) fill(now Instant) {
	if l.minIdle > 0 && now >= l.fillAt && l.wants() {
		l.filling = true
		s := l.open(false).Handle.Slot
		s.fill = true
		l.work.open = s
	}
}
