package multiplex

import "sync/atomic"

// crowd remembers that callers have met on a Mux. They are likely to meet again, and then a batch with all of their calls is
// better than one call alone and one batch with the rest. So the calls that come next to a Mux at rest are not sent alone.
type crowd struct{ rest atomic.Int32 }

const crowdLasts = 16 // calls that find nobody else

// Meet notes that a caller has found another one at work.
func (m *Mux) Meet() {
	if m.crowd.rest.Load() != crowdLasts {
		m.crowd.rest.Store(crowdLasts)
	}
}

// Crowded reports whether callers have met lately.
func (m *Mux) Crowded() bool { return m.crowd.rest.Load() > 0 }

// foundNobody notes that a caller has found the Mux at rest. It reports whether the caller may send its call alone.
func (m *Mux) foundNobody() bool {
	if !m.Crowded() {
		return true
	}
	m.crowd.rest.Add(-1) // two callers at a time may bring it below zero, which is as good as zero
	return false
}
