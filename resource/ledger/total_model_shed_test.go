package ledger_test

import "github.com/respool/respool/resource/ledger"

// modelShed is what the model knows of a key's queue that may stand. Urgent waiters do not
// count in it.
type modelShed struct {
	since      ledger.Instant // the first has waited for the target; ahead: not yet
	waits      bool           // somebody does
	overloaded bool
	served     int // grants, and waiters that were served, without those that were canceled
	then       int // what served was when the last waiter left
}

// firstOrdinary returns the first waiter of a key that is not urgent, or nil.
func (m *totalModel) firstOrdinary(k *modelKey) *modelWaiter {
	for i := range m.waiters {
		if w := &m.waiters[i]; w.key == k && !w.urgent {
			return w
		}
	}
	return nil
}

// moved is called when a waiter has joined the list or left it.
func (m *totalModel) moved(w modelWaiter, served bool) {
	k := w.key
	s, target := &k.shed, k.config.Shed.Target
	if target == 0 || w.urgent {
		return
	}
	first := m.firstOrdinary(k)
	if first == nil {
		s.waits, s.then = false, s.served
		s.overloaded = s.overloaded && !served
		return
	}
	from := first.came.Add(target)
	if !s.waits {
		s.overloaded = s.overloaded && s.then == s.served
	}
	if !s.waits || from > m.now {
		s.since = from
	}
	s.waits = true
}

// shedAt returns when the first is refused, or the key becomes overloaded.
func (m *totalModel) shedAt(k *modelKey) ledger.Instant {
	first := m.firstOrdinary(k)
	switch c := k.config.Shed; {
	case c.Target == 0 || first == nil:
		return ledger.Never
	case k.shed.overloaded:
		return first.came.Add(c.Target)
	default:
		return k.shed.since.Add(c.Burst())
	}
}

// refuseShed refuses who has waited for the target in a key that is overloaded.
func (m *totalModel) refuseShed(k *modelKey) {
	if m.shedAt(k) > m.now {
		return
	}
	k.shed.overloaded = true
	for m.shedAt(k) <= m.now {
		w := m.oldest(func(w modelWaiter) bool { return w.key == k && !w.urgent })
		m.refuse(w.client, ledger.Shed)
	}
}
