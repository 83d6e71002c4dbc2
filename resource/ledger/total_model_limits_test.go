package ledger_test

import (
	"slices"

	"github.com/respool/respool/resource/ledger"
)

// usable is how many slots there are that are not being closed.
func (k *modelKey) usable() int { return len(k.slots) - k.count(ledger.Closing) }

// excess reports whether idle slots are above limits that have been lowered.
func (k *modelKey) excess() bool {
	idle := k.count(ledger.Idle)
	return idle > k.config.MaxIdle || idle > 0 && k.usable() > k.maxActive
}

// resize changes the limits of a key. advance closes the slots that are idle above them.
func (m *totalModel) resize(k *modelKey, maxActive, maxIdle int) {
	if k.shut {
		return
	}
	k.maxActive, k.config.MaxIdle = maxActive, maxIdle
	m.settle(k)
}

func (m *totalModel) reset(k *modelKey) {
	if k.shut {
		return
	}
	for _, s := range slices.Clone(k.slots) {
		s.old = true
		if s.state == ledger.Idle {
			m.closeLater(s, ledger.WasReset)
		}
	}
}

func (m *totalModel) shut(k *modelKey) {
	if k.shut {
		return
	}
	k.shut = true
	for _, s := range slices.Clone(k.slots) {
		if s.state == ledger.Idle {
			m.closeLater(s, ledger.PoolShut)
		}
	}
	for w := m.oldest(func(w modelWaiter) bool { return w.key == k }); w != nil; w = m.oldest(func(w modelWaiter) bool { return w.key == k }) {
		m.refuse(w.client, ledger.Shutdown)
	}
}

// advance does what is due in a key, apart from openings in advance.
func (m *totalModel) advance(k *modelKey) {
	for _, s := range slices.Clone(m.idle) {
		if s.key == k && s.until <= m.now {
			m.closeLater(s, m.stale(s))
		}
	}
	for k.excess() {
		m.closeLater(m.idle[slices.IndexFunc(m.idle, func(s *modelSlot) bool { return s.key == k })], ledger.Surplus)
	}
	for {
		w := m.oldest(func(w modelWaiter) bool { return w.key == k && w.deadline <= m.now })
		if w == nil {
			break
		}
		m.refuse(w.client, ledger.TimedOut)
	}
	m.refuseShed(k)
	if k.failures > 0 {
		m.settle(k)
	}
}

// due reports whether advance would do anything.
func (m *totalModel) due(k *modelKey) bool {
	return k.excess() || m.shedAt(k) <= m.now || m.nextToReplace(k) != nil || slices.ContainsFunc(m.idle, func(s *modelSlot) bool { return s.key == k && s.until <= m.now }) ||
		slices.ContainsFunc(m.waiters, func(w modelWaiter) bool {
			return w.key == k && (w.deadline <= m.now || k.room() && k.failures > 0 && !m.holds(k) && !k.seenOver)
		})
}

// lacks reports whether the key has less than MinIdle, and only the total keeps it from
// more.
func (m *totalModel) lacks(k *modelKey) bool {
	return k.room() && !k.filling() && k.probe == nil && k.count(ledger.Idle)+k.testing() < min(k.config.MinIdle, k.config.MaxIdle, k.maxActive) && m.waiting(k) == 0
}

// canFill reports whether the total allows one more slot for MinIdle.
func (m *totalModel) canFill() bool {
	soon := 0
	for _, k := range m.keys {
		for _, s := range k.slots {
			if s.fill || s.tested {
				soon++
			}
		}
	}
	return m.places() < m.maxActive && len(m.idle)+soon < m.maxIdle
}
