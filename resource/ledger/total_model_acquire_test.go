package ledger_test

import (
	"slices"

	"github.com/respool/respool/resource/ledger"
)

func (m *totalModel) acquire(client int, k *modelKey, wait bool) {
	m.settle(k)
	if m.serveAtOnce(client, k) {
		return
	}
	switch {
	case !wait && (m.holds(k) || k.room() && m.places() < m.maxActive):
		m.refuse(client, ledger.OpenFails)
	case !wait:
		m.refuse(client, ledger.Exhausted)
	case m.classOf(client, k) >= k.config.MaxWaiters:
		m.refuse(client, ledger.QueueFull)
	default:
		m.wait(client, k, len(m.waiters))
	}
}

// serveAtOnce ends an acquire that need not wait.
func (m *totalModel) serveAtOnce(client int, k *modelKey) bool {
	own := m.ownIdle(k)
	mayOpen := k.room() && !m.holds(k)
	switch {
	case k.shut:
		m.refuse(client, ledger.Shutdown)
	case own != nil:
		m.lend(client, own)
	case mayOpen && m.places() < m.maxActive:
		m.say("client %d: open %v", client, m.open(k, client))
	case mayOpen && len(m.idle) > 0:
		m.takeOver(client, k, m.idle[0])
	default:
		return false
	}
	return true
}

// wait puts a waiter at a place of the list.
func (m *totalModel) wait(client int, k *modelKey, at int) {
	w := modelWaiter{client, k, ledger.Never, m.urgent[client], m.now}
	if at < len(m.waiters) { // it rejoins, and came before the one behind
		w.came = m.waiters[at].came
	}
	if k.config.WaitTimeout > 0 {
		w.deadline = m.now.Add(k.config.WaitTimeout)
	}
	m.waiters = slices.Insert(m.waiters, at, w)
	m.moved(w, false)
	m.look(k)
	m.say("client %d: wait", client)
}

// rejoin goes on with an acquire that was answered that openings are held. It waits before all
// others of its key and its class.
func (m *totalModel) rejoin(client int, k *modelKey) {
	if m.serveAtOnce(client, k) {
		return
	}
	if m.classOf(client, k) >= k.config.MaxWaiters {
		m.refuse(client, ledger.QueueFull)
		return
	}
	at := slices.IndexFunc(m.waiters, func(w modelWaiter) bool { return w.key == k && w.urgent == m.urgent[client] })
	if at < 0 {
		at = len(m.waiters)
	}
	m.wait(client, k, at)
}

// classOf is how many waiters of a key are of a client's class.
func (m *totalModel) classOf(client int, k *modelKey) int {
	return m.countWaiters(func(w modelWaiter) bool { return w.key == k && w.urgent == m.urgent[client] })
}

func (m *totalModel) countWaiters(of func(modelWaiter) bool) (n int) {
	for _, w := range m.waiters {
		if of(w) {
			n++
		}
	}
	return n
}

// oldest takes the first waiter that ok accepts out of the list, or returns nil.
func (m *totalModel) oldest(ok func(modelWaiter) bool) *modelWaiter {
	i := slices.IndexFunc(m.waiters, ok)
	if i < 0 {
		return nil
	}
	w := m.waiters[i]
	m.waiters = slices.Delete(m.waiters, i, i+1)
	m.moved(w, m.serving)
	if m.countWaiters(func(o modelWaiter) bool { return o.key == w.key && !o.urgent }) == 0 {
		w.key.passed = 0
	}
	return &w
}

// serve takes out the waiter that is served next among those that ok accepts, or returns nil. The
// oldest of them says which key has its turn, and an urgent one of that key goes first.
func (m *totalModel) serve(ok func(modelWaiter) bool) *modelWaiter {
	i := slices.IndexFunc(m.waiters, ok)
	if i < 0 {
		return nil
	}
	k := m.waiters[i].key
	k.shed.served++
	m.serving = true
	defer func() { m.serving = false }()
	urgent := func(w modelWaiter) bool { return w.key == k && w.urgent }
	other := func(w modelWaiter) bool { return w.key == k && !w.urgent }
	if slices.ContainsFunc(m.waiters, urgent) && (k.passed < 4 || !slices.ContainsFunc(m.waiters, other)) {
		k.passed++
		return m.oldest(urgent)
	}
	k.passed = 0
	return m.oldest(other)
}

// settle serves waiters that are eligible, after an event of a key.
func (m *totalModel) settle(k *modelKey) {
	m.look(k)
	for m.places() < m.maxActive || len(m.idle) > 0 {
		w := m.serve(func(w modelWaiter) bool { return m.eligible(w.key) })
		if w == nil {
			return
		}
		if m.places() < m.maxActive {
			m.say("client %d: open %v", w.client, m.open(w.key, w.client))
		} else {
			m.takeOver(w.client, w.key, m.idle[0])
		}
	}
}

// abandon has the client of a slot leave.
func (m *totalModel) abandon(s *modelSlot) {
	client := s.client
	s.client = -1
	switch {
	case s.state == ledger.Testing:
		m.closeFor(client, s, ledger.FailedTest, "")
		s.client = -1
	case s.heir != nil:
		to := s.heir.key
		m.remove(s.heir)
		s.heir = nil
		m.say("client %d: done", client)
		m.settle(to)
	default:
		s.then = ""
		m.say("client %d: done", client)
	}
}

// cancel has a client leave that has waited. s is what it was given and has not looked
// at; nil: it still waits.
func (m *totalModel) cancel(client int, s *modelSlot) {
	if s == nil {
		m.oldest(func(w modelWaiter) bool { return w.client == client })
		m.say("client %d: done", client)
		return
	}
	if s.heir != nil {
		s.heir.key.shed.served--
	} else {
		s.key.shed.served--
	}
	switch s.state {
	case ledger.Opening:
		m.remove(s)
		m.say("client %d: done", client)
		m.settle(s.key)
	case ledger.Closing:
		to := s.heir.key
		m.remove(s.heir)
		s.heir, s.client = nil, -1
		m.say("client %d: close %v", client, s)
		m.settle(to)
	case ledger.Leased:
		s.uses--
		s.key.shed.served--
		m.giveBack(client, s)
	default:
		m.giveBack(client, s)
	}
}
