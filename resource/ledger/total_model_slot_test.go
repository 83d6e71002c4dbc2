package ledger_test

import (
	"slices"

	"github.com/respool/respool/resource/ledger"
)

// unfit returns why a slot must not be used again.
func (m *totalModel) unfit(s *modelSlot) ledger.Reason {
	switch k := s.key; {
	case k.shut:
		return ledger.PoolShut
	case s.old:
		return ledger.WasReset
	case m.now >= s.life.end:
		return ledger.TooOld
	case k.maxUses > 0 && s.uses >= k.maxUses:
		return ledger.WornOut
	case k.usable() > k.maxActive:
		return ledger.Surplus
	case m.unneeded(s):
		return ledger.TooOld
	case k.config.MaxIdle == 0 && s.uses > 0:
		return ledger.Surplus
	}
	return ledger.NotClosed
}

// stale returns why an idle slot is closed that is past its limits.
func (m *totalModel) stale(s *modelSlot) ledger.Reason {
	if m.now >= s.life.end {
		return ledger.TooOld
	}
	return ledger.IdleTooLong
}

// giveBack decides about a slot that nobody has any more. If the giver has to close a
// slot, that is an effect for the giver.
func (m *totalModel) giveBack(giver int, s *modelSlot) {
	k := s.key
	s.client, s.until = -1, s.life.end
	why := m.unfit(s)
	if why != ledger.NotClosed {
		m.closeFor(giver, s, why, "")
		s.client = -1
		return
	}
	// The oldest of those that it could serve: its own waiters, and those that lack only
	// a place of the total.
	w := m.serve(func(w modelWaiter) bool { return w.key == k || m.eligible(w.key) })
	switch {
	case w != nil && w.key == k:
		m.lend(w.client, s)
		m.say("client %d: done", giver)
		return
	case w != nil:
		m.takeOver(w.client, w.key, s)
		m.say("client %d: done", giver)
		return
	}
	s.state, s.since = ledger.Idle, m.now
	if k.idleTimeout > 0 {
		s.until = min(s.until, m.now.Add(k.idleTimeout+1)) // the limit is longer than the timeout
	}
	m.order++
	s.order = m.order
	m.becomeIdle(giver, s)
}

// becomeIdle puts a slot where it belongs by its age. There may be one too many now.
func (m *totalModel) becomeIdle(giver int, s *modelSlot) {
	k := s.key
	m.idle = append(m.idle, s)
	slices.SortFunc(m.idle, func(a, b *modelSlot) int { return a.order - b.order })
	surplus := m.idle[0]
	if k.count(ledger.Idle) > k.config.MaxIdle {
		surplus = m.idle[slices.IndexFunc(m.idle, func(o *modelSlot) bool { return o.key == k })]
	} else if len(m.idle) <= m.maxIdle {
		m.say("client %d: done", giver)
		return
	}
	m.closeFor(giver, surplus, ledger.Surplus, "")
	surplus.client = -1
}

func (m *totalModel) opened(s *modelSlot) {
	client, k := s.client, s.key
	lifted := k.failures > 0
	k.failures, k.heldTo, k.probe = 0, 0, nil
	m.setLife(s)
	if s.fill {
		m.endsInAdvance(s)
	} else {
		k.ahead.succeeded(true)
	}
	switch {
	case client < 0:
		m.giveBack(-1, s)
	case k.shut:
		m.closeFor(client, s, ledger.PoolShut, "refuse")
	default:
		m.grant(client, s)
	}
	if lifted {
		m.settle(k)
	}
}

// testIdle begins a test in the background, and reports whether that was allowed.
func (m *totalModel) testIdle(s *modelSlot) bool {
	ok := s.state == ledger.Idle && s.key.config.TestIdleEvery > 0 && m.now >= s.since.Add(s.key.config.TestIdleEvery)
	m.notIdle(s)
	s.state, s.tested, s.client = ledger.Testing, true, -1
	m.say("test %v", s)
	return ok
}

// idleTested ends it.
func (m *totalModel) idleTested(s *modelSlot, v ledger.Verdict) {
	s.tested = false
	why := m.unfit(s)
	if v != ledger.Passed {
		why = ledger.FailedTest
	} else if why == ledger.NotClosed && s.until <= m.now {
		why = m.stale(s)
	}
	if why != ledger.NotClosed {
		m.closeFor(-1, s, why, "")
		return
	}
	w := m.serve(func(w modelWaiter) bool { return w.key == s.key || m.eligible(w.key) })
	switch {
	case w != nil && w.key == s.key:
		m.grant(w.client, s)
	case w != nil:
		m.takeOver(w.client, w.key, s)
	default:
		s.state = ledger.Idle
		m.becomeIdle(-1, s)
	}
}

func (m *totalModel) openFailed(s *modelSlot) {
	k := s.key
	if !k.config.OpenBackoff.IsZero() && (k.failures == 0 || k.probe == s) {
		k.failures++
		k.heldTo, k.seenOver, k.probe = m.now.Add(modelPause), false, nil
	}
	if s.fill {
		m.failsInAdvance(s)
	}
	if s.client >= 0 && k.failures > 0 && !k.shut {
		m.say("client %d: held", s.client)
	} else {
		m.say("client %d: done", s.client)
	}
	m.remove(s)
	m.settle(k)
}

func (m *totalModel) detached(s *modelSlot) {
	m.say("client %d: done", s.client)
	m.remove(s)
	m.settle(s.key)
}

func (m *totalModel) testedSlot(s *modelSlot, v ledger.Verdict) {
	client := s.client
	why, then := ledger.FailedTest, "retry"
	switch {
	case s.key.shut:
		if v == ledger.Passed {
			why = ledger.PoolShut
		}
		then = "refuse"
	case v == ledger.GaveUp:
		then = "reopen"
	case v == ledger.Failed:
	case s.old:
		why = ledger.WasReset
	case m.now >= s.until:
		why, then = m.stale(s), "reopen"
	default:
		m.grant(client, s)
		return
	}
	m.closeFor(client, s, why, then)
}

func (m *totalModel) closed(s *modelSlot) {
	client, heir := s.client, s.heir
	if heir != nil {
		s.heir = nil
		m.remove(s)
		if heir.key.shut {
			m.remove(heir)
			m.refuse(client, ledger.Shutdown)
		} else {
			m.say("client %d: open %v", client, heir)
		}
		m.settle(s.key)
		return
	}
	if s.key.shut && s.then != "" {
		s.then = "refuse"
	}
	own := m.ownIdle(s.key)
	switch {
	case s.then == "refuse":
		m.remove(s)
		m.refuse(client, ledger.Shutdown)
		m.settle(s.key)
	case s.then == "retry" && own != nil:
		m.notIdle(own)
		own.state = ledger.Leased // not idle; its next state is not known yet
		m.remove(s)
		m.settle(s.key)
		m.lend(client, own)
	case s.then != "" && m.holds(s.key):
		m.remove(s)
		m.say("client %d: held", client)
		m.settle(s.key)
	case s.then != "":
		m.remove(s)
		m.say("client %d: open %v", client, m.open(s.key, client))
	default:
		m.remove(s)
		m.say("client %d: done", client)
		m.settle(s.key)
	}
}
