package multiplex

import "sync/atomic"

// crowd remembers that callers have met: one has come while another one's call was under way. They are likely to meet again,
// and then a batch with all of their calls is better than one call alone and one batch with the rest. So the next calls that
// find the Mux at rest are not sent alone.
type crowd struct{ remaining atomic.Int32 } // such calls

const crowdLasts = 16 // such calls

// NoteMeeting notes that a caller has found another one's call under way.
func (m *Mux) NoteMeeting() {
	if m.crowd.remaining.Load() != crowdLasts {
		m.crowd.remaining.Store(crowdLasts)
	}
}

// Crowded reports whether callers have met lately.
func (m *Mux) Crowded() bool { return m.crowd.remaining.Load() > 0 }

// noteRest notes that a caller has found the Mux at rest. It reports whether the caller may send its call alone.
func (m *Mux) noteRest() (mayGoAlone bool) {
	if !m.Crowded() {
		return true
	}
	m.crowd.remaining.Add(-1) // two callers at a time may bring it below zero, which is as good as zero
	return false
}
