package ledger_test

import (
	"cmp"
	"slices"
	"time"

	"github.com/respool/respool/resource/ledger"
)

// modelAhead is what the model knows of a key's openings in advance: for MinIdle, and of
// successors. One is under way at a time. After a wasted one there is a pause.
type modelAhead struct {
	failures, wasted int
	pausedTo         ledger.Instant
}

// modelLife is what the model knows of a slot's lifetime and of its successor.
type modelLife struct {
	opened     ledger.Instant
	end        ledger.Instant
	tryAt      ledger.Instant // when the key looks whether to replace the slot; Never: it does not
	replaces   *modelSlot     // the slot whose successor is being opened here
	superseded bool           // the slot is in use, and its successor is open
	unused     bool           // opened for MinIdle, and not lent yet
}

func (a *modelAhead) pause(now ledger.Instant) {
	d := 100 * time.Millisecond
	for range a.failures + a.wasted - 1 {
		d = min(2*d, 10*time.Second)
	}
	a.pausedTo = now.Add(d)
}

// succeeded is for an opening in advance. An opening that a client has asked for ends every
// pause.
func (a *modelAhead) succeeded(asked bool) {
	if a.failures = 0; asked {
		a.wasted = 0
	}
	if a.wasted == 0 {
		a.pausedTo = 0
	}
}

// setLife is for a slot that was just opened.
func (m *totalModel) setLife(s *modelSlot) {
	k := s.key
	s.life.opened = m.now
	if k.maxAge == 0 {
		return
	}
	s.life.end = m.now.Add(k.maxAge)
	s.until = s.life.end
	if ahead := k.config.ReplaceAhead; ahead > 0 && !k.shut {
		s.life.tryAt = m.now.Add(max(k.maxAge/2, k.maxAge-ahead))
	}
}

// endsInAdvance is for an opening in advance that has succeeded.
func (m *totalModel) endsInAdvance(s *modelSlot) {
	s.fill = false
	s.key.ahead.succeeded(false)
	old := s.life.replaces
	if old == nil {
		s.life.unused = true
		return
	}
	s.life.replaces = nil
	switch {
	case s.key.shut:
	case old.state == ledger.Idle:
		m.closeLater(old, ledger.TooOld)
	case old.state == ledger.Leased, old.state == ledger.Testing:
		old.life.superseded = true
	}
}

// failsInAdvance is for an opening in advance that has failed.
func (m *totalModel) failsInAdvance(s *modelSlot) {
	a := &s.key.ahead
	a.failures++
	a.pause(m.now)
	if old := s.life.replaces; old != nil && !s.key.shut && m.worthReplacing(old) {
		m.tryLater(old)
	}
}

// closesUnused is for a slot that is going to be closed.
func (m *totalModel) closesUnused(s *modelSlot, why ledger.Reason) {
	vain := []ledger.Reason{ledger.IdleTooLong, ledger.TooOld, ledger.Surplus, ledger.FailedTest, ledger.Displaced}
	a := &s.key.ahead
	if s.life.unused && slices.Contains(vain, why) && m.now >= a.pausedTo && m.now.Sub(s.life.opened) < 10*time.Second {
		a.wasted++
		a.pause(m.now)
	}
	s.life.unused, s.life.superseded, s.life.tryAt = false, false, ledger.Never
}

// lentUnused is for a slot that a client gets.
func (s *modelSlot) lentUnused() {
	if !s.life.unused {
		return
	}
	s.life.unused = false
	a := &s.key.ahead
	a.wasted = 0
	if a.failures == 0 {
		a.pausedTo = 0
	}
}

func (m *totalModel) worthReplacing(s *modelSlot) bool {
	used := s.state == ledger.Idle || s.state == ledger.Leased || s.state == ledger.Testing
	worn := s.key.maxUses > 0 && s.uses >= s.key.maxUses
	return used && s.uses > 0 && !s.old && !worn && m.now < s.life.end
}

func (m *totalModel) tryLater(s *modelSlot) {
	s.life.tryAt = m.now.Add(s.key.config.ReplaceAhead / 16)
}

func (k *modelKey) filling() bool {
	return slices.ContainsFunc(k.slots, func(s *modelSlot) bool { return s.fill })
}

// mayOpenAhead returns when the key may open in advance.
func (k *modelKey) mayOpenAhead() ledger.Instant { return max(k.ahead.pausedTo, k.heldTo) }

// nextToReplace returns the slot at which the key looks next, or nil.
func (m *totalModel) nextToReplace(k *modelKey) *modelSlot {
	if k.filling() || k.shut || len(k.slots) == 0 {
		return nil
	}
	s := slices.MinFunc(k.slots, func(a, b *modelSlot) int {
		return cmp.Or(cmp.Compare(a.life.tryAt, b.life.tryAt), cmp.Compare(a.id, b.id))
	})
	if s.life.tryAt == ledger.Never || max(s.life.tryAt, k.mayOpenAhead()) > m.now {
		return nil
	}
	return s
}

// openInAdvance opens a slot for MinIdle, or else a successor.
func (m *totalModel) openInAdvance(k *modelKey) {
	if m.lacks(k) && m.canFill() && m.now >= k.mayOpenAhead() {
		m.openAhead(k)
	}
	for s := m.nextToReplace(k); s != nil; s = m.nextToReplace(k) {
		s.life.tryAt = ledger.Never
		fits := s.state == ledger.Idle || s.state == ledger.Leased && k.count(ledger.Idle) < k.config.MaxIdle
		switch {
		case !m.worthReplacing(s):
		case m.waiting(k) == 0 && k.probe == nil && k.room() && m.canFill() && fits:
			m.openAhead(k).life.replaces = s
		default:
			m.tryLater(s)
		}
	}
}

func (m *totalModel) openAhead(k *modelKey) *modelSlot {
	s := m.open(k, -1)
	s.fill = true
	m.say("open %v", s)
	return s
}

// unneeded reports whether a slot that came back has a successor, and no waiter needs it.
func (m *totalModel) unneeded(s *modelSlot) bool {
	return s.life.superseded && m.countWaiters(func(w modelWaiter) bool { return w.key == s.key || m.eligible(w.key) }) == 0
}
