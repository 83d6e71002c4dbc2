package sim

import "github.com/respool/respool/resource/ledger"

// measure counts what a report needs, in constant memory.
type measure struct {
	counting bool
	began    Instant
	requests uint64
	outcomes Outcomes
	uses     Uses
	waited   uint64 // of those granted
	opens    uint64
	failed   uint64 // openings

	refusedOpens uint64 // of those that failed: the server had its maximum of connections
	cutOpens     uint64 // of those that failed: their request ran out of time

	wait, acquire, open, total Histogram
	urgent                     Histogram // the waits of urgent requests, which are in wait as well

	last     Instant
	timeline timeline
	openings openings
	base     ledger.Stats // when counting began
}

// Outcomes counts requests by what became of them.
type Outcomes struct {
	Granted    uint64 `json:"granted"`
	Exhausted  uint64 `json:"exhausted"`          // refused: at MaxActive, and the pool does not wait
	QueueFull  uint64 `json:"queue_full"`         // refused: MaxWaiters wait
	TimedOut   uint64 `json:"timed_out"`          // waited for WaitTimeout
	Shed       uint64 `json:"shed,omitempty"`     // refused early, under overload
	Reserved   uint64 `json:"reserved,omitempty"` // refused in the background
	GaveUp     uint64 `json:"gave_up"`            // out of patience
	OpenFailed uint64 `json:"open_failed"`        // had to open a resource, and could not
	Stuck      uint64 `json:"stuck"`              // never served: it still waited when the run ended
}

// Uses counts leases by how they ended.
type Uses struct {
	Released  uint64 `json:"released"`
	Discarded uint64 `json:"discarded"` // by a client's choice
	Panicked  uint64 `json:"panicked"`
	Broken    uint64 `json:"broken"` // the connection was dead, or died in use
	Leaked    uint64 `json:"leaked"`
	TimedOut  uint64 `json:"timed_out,omitempty"` // at the workload's Timeout, and were discarded
	Held      uint64 `json:"held,omitempty"`      // not ended when the run did: the request waits for another lease
}

func (m *measure) begin(sc *Scenario) {
	m.counting = sc.WarmUp == 0
	m.timeline.begin()
}

// startCounting ends the warm-up.
func (m *measure) startCounting(e *engine) {
	m.counting, m.began, m.last = true, e.now, e.now
	m.base = e.ledger.Stats()
	e.server.startCounting(e.now)
	m.timeline.begin()
	m.openings.most = 0
}

// pass accounts for the time between two events, in which nothing changed.
func (m *measure) pass(e *engine, to Instant) {
	if !m.counting || to == m.last {
		return
	}
	m.timeline.opening = m.openings.now
	m.timeline.add(e.ledger.Levels(), m.last-m.began, to-m.began)
	m.last = to
}

func (m *measure) refused(r *request, why ledger.Refusal) {
	if !r.counted {
		return
	}
	m.requests++
	m.timeline.last().refused++
	switch why {
	case ledger.Exhausted:
		m.outcomes.Exhausted++
	case ledger.QueueFull:
		m.outcomes.QueueFull++
	case ledger.TimedOut:
		m.outcomes.TimedOut++
	case ledger.Shed:
		m.outcomes.Shed++
	case ledger.Reserved:
		m.outcomes.Reserved++
	case ledger.OpenFails:
		m.outcomes.OpenFailed++
	}
}

func (m *measure) gaveUp(r *request) {
	if r.counted {
		m.requests++
		m.timeline.last().refused++
		m.outcomes.GaveUp++
	}
}

func (m *measure) granted(e *engine, r *request) {
	if !r.counted {
		return
	}
	m.requests++
	m.outcomes.Granted++
	m.wait.Add(r.waited)
	if r.waiter.Urgent {
		m.urgent.Add(r.waited)
	}
	m.timeline.last().grant(r.waited)
	if r.waited > 0 {
		m.waited++
	}
	m.acquire.Add(e.now.Sub(r.arrived))
}

func (m *measure) leaks(r *request) {
	if r.counted {
		m.uses.Leaked++
	}
}

func (m *measure) ended(e *engine, r *request) {
	if !r.counted {
		return
	}
	m.total.Add(e.now.Sub(r.arrived))
	switch r.end {
	case giveBack:
		m.uses.Released++
	case discard:
		m.uses.Discarded++
	case panicking:
		m.uses.Panicked++
	case fail:
		m.uses.Broken++
	case late:
		m.uses.TimedOut++
	}
}

// opened counts an opening, for a request or for MinIdle.
func (m *measure) opened(e *engine, c *conn) {
	if m.counting {
		m.opens++
		m.timeline.lastChanges().opens++
		m.open.Add(e.now.Sub(c.began))
	}
}

func (m *measure) openFailed(why failure) {
	if m.counting {
		m.failed++
		switch why {
		case serverFull:
			m.refusedOpens++
		case requestEnded:
			m.cutOpens++
		}
		m.timeline.lastChanges().failed++
	}
}

// failedToOpen counts a request that has ended because an opening has failed.
func (m *measure) failedToOpen(r *request) {
	if r.counted {
		m.requests++
		m.timeline.last().refused++
		m.outcomes.OpenFailed++
	}
}
