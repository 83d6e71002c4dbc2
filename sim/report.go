package sim

import (
	"math"
	"time"

	"github.com/respool/respool/resource/ledger"
)

// Report is the result of a run. It depends on the scenario alone. Times are in seconds.
type Report struct {
	Name     string  `json:"name,omitempty"`
	Seed     uint64  `json:"seed"`
	Duration float64 `json:"duration"` // virtual time that was counted
	Requests uint64  `json:"requests"` // that came after the warm-up

	Outcomes Outcomes `json:"outcomes"`
	Uses     Uses     `json:"uses"`

	// Wait is how long granted requests waited in the queue, zero for those that did not
	// wait.
	Wait Times `json:"wait"`
	// UrgentWait is the same of urgent requests alone, or nil if there was none.
	UrgentWait *Times `json:"urgent_wait,omitempty"`
	// Acquire is the time from arrival to grant: waiting, testing and opening.
	Acquire Times `json:"acquire"`
	// Open is how long successful openings took.
	Open Times `json:"open"`
	// Total is the time from arrival to the end of the lease.
	Total Times `json:"total"`

	WaitedFraction  float64 `json:"waited_fraction"`  // of those granted
	RefusedFraction float64 `json:"refused_fraction"` // of all requests: not granted
	// Utilization is mean leased / MaxActive, or zero without MaxActive.
	Utilization float64 `json:"utilization"`
	// OfferedLoad is [Scenario.Offered], and Overloaded is [Scenario.Overloaded]. If the
	// pool is overloaded, the waits depend on the length of the run.
	OfferedLoad float64 `json:"offered_load"`
	Overloaded  bool    `json:"overloaded"`

	Mean Levels `json:"mean"`
	Peak Peaks  `json:"peak"`

	Opens       uint64 `json:"opens"`
	OpensFailed uint64 `json:"opens_failed"`
	// OpensCut is those of OpensFailed that ended because their request ran out of time.
	OpensCut    uint64  `json:"opens_cut,omitempty"`
	OpensPerSec float64 `json:"opens_per_second"`
	// MostOpens is the most openings that begin within one second, whenever that begins.
	MostOpens int               `json:"most_opens_in_a_second"`
	Closes    map[string]uint64 `json:"closes"`
	Events    uint64            `json:"events"` // of the ledger, including the warm-up
	WaitTail  Tail              `json:"wait_tail"`
	// Server is nil for a server without a queue. Calls is nil if each request is a call:
	// without retries, a timeout and several leases. Deadlocks is nil if there was none.
	Server *ServerUse `json:"server,omitempty"`
	Calls  *Calls     `json:"calls,omitempty"`
	// Fleet is about the instances, if there are several. All other fields are about all
	// instances together.
	Fleet        *FleetReport `json:"fleet,omitempty"`
	Keys         *KeysReport  `json:"keys,omitempty"` // if there are several
	Deadlocks    *Deadlocks   `json:"deadlocks,omitempty"`
	Timeline     Timeline     `json:"timeline"`
	histogramsOf *measure
}

// Times describes a distribution of times, in seconds.
type Times struct {
	Count uint64  `json:"count"`
	Mean  float64 `json:"mean"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P99   float64 `json:"p99"`
	P999  float64 `json:"p999"`
	Max   float64 `json:"max"`
}

// Levels are means over time.
type Levels struct {
	Active  float64 `json:"active"`
	Idle    float64 `json:"idle"`
	Leased  float64 `json:"leased"`
	Waiting float64 `json:"waiting"`
}

// Peaks are the maximums, including those of the warm-up.
type Peaks struct {
	Active  int `json:"active"`
	Leased  int `json:"leased"`
	Idle    int `json:"idle"`
	Waiting int `json:"waiting"`
	// Opening is the most openings under way at a time.
	Opening int `json:"opening"`
}

// Timeline divides the run into equal stretches of time. It has the mean levels of each,
// and the outcomes of the requests that were granted or refused in it.
type Timeline struct {
	Step    float64   `json:"step"` // seconds
	Active  []float64 `json:"active"`
	Idle    []float64 `json:"idle"`
	Leased  []float64 `json:"leased"`
	Waiting []float64 `json:"waiting"`
	Queue   []int     `json:"queue"` // longest
	Granted []uint64  `json:"granted"`
	Refused []uint64  `json:"refused"` // not granted, for whatever reason
	// Percentiles of the wait of granted requests, in seconds, which may be too large by one
	// part in 64.
	WaitP50 []float64 `json:"wait_p50"`
	WaitP90 []float64 `json:"wait_p90"`
	WaitP99 []float64 `json:"wait_p99"`
	// Attempts counts the tries of calls that began, and Good the calls that ended well, if the
	// report has Calls.
	Attempts []uint64 `json:"attempts,omitempty"`
	Good     []uint64 `json:"good,omitempty"`

	Opens       []uint64 `json:"opens"`        // that have succeeded
	OpensFailed []uint64 `json:"opens_failed"` // that have failed
	Opening     []int    `json:"opening"`      // the most under way at a time
	// Closes has the closes that have ended, by reason. A reason that no connection was
	// closed for is left out.
	Closes map[string][]uint64 `json:"closes"`
}

// Tail is the tail of the waits of granted requests: each share, and the wait that this
// share of the requests exceeded. It ends where too few requests are left.
type Tail struct {
	Share []float64 `json:"share"`
	Wait  []float64 `json:"wait"` // seconds
}

func (e *engine) report() *Report {
	m, st := &e.measure, e.ledger.Stats()
	r := m.report(e.sc)
	r.Events = e.events
	r.Peak = Peaks{st.PeakActive, st.PeakLeased, st.PeakIdle, st.PeakWaiting, m.openings.peak}
	for why := ledger.NotClosed + 1; why < ledger.NumReasons; why++ {
		if why == ledger.Retired || why == ledger.Displaced && e.keyed == nil {
			continue // a simulation never calls Retire, and without keys has one pool
		}
		r.Closes[reasonKey(why)] = st.Closed[why] - m.base.Closed[why]
	}
	r.Server, r.Calls, r.Deadlocks = e.server.report(e), e.calls.report(r.Duration), e.deadlocks.report(e)
	r.Timeline = m.timeline.report(e.calls.on)
	return r
}

// report returns a report of the measurements.
func (m *measure) report(sc *Scenario) *Report {
	l := m.timeline.total()
	r := &Report{
		Name: sc.Name, Seed: sc.Seed,
		Duration: l.span.Seconds(),
		Requests: m.requests, Outcomes: m.outcomes, Uses: m.uses,
		Wait: times(&m.wait), Acquire: times(&m.acquire), Open: times(&m.open), Total: times(&m.total),
		WaitedFraction: share(m.waited, m.outcomes.Granted),
		Opens:          m.opens, OpensFailed: m.failed, OpensCut: m.cutOpens,
		Closes: map[string]uint64{},
	}
	r.RefusedFraction = share(m.requests-m.outcomes.Granted, m.requests)
	if m.urgent.Count() > 0 {
		urgent := times(&m.urgent)
		r.UrgentWait = &urgent
	}
	r.Mean = Levels{l.over(l.active), l.over(l.idle), l.over(l.leased), l.over(l.waiting)}
	if sc.Pool.MaxActive > 0 {
		r.Utilization = r.Mean.Leased / float64(sc.Pool.MaxActive)
	}
	r.OfferedLoad, r.Overloaded = sc.Offered(), sc.Overloaded()
	if r.Duration > 0 {
		r.OpensPerSec = float64(m.opens) / r.Duration
	}
	r.MostOpens = m.openings.most
	r.WaitTail = tail(&m.wait)
	r.histogramsOf = m
	return r
}

// WaitAbove returns the share of granted requests that waited longer than d. For a
// report that was read from JSON it is as exact as WaitTail.
func (r *Report) WaitAbove(d time.Duration) float64 {
	if r.histogramsOf == nil {
		return r.WaitTail.above(d.Seconds(), &r.Wait)
	}
	return r.histogramsOf.wait.Above(d)
}

// WaitQuantile returns the wait, in seconds, that a share q of the granted requests did
// not exceed. For a report that was read from JSON it is the wait of the next share in
// WaitTail.
func (r *Report) WaitQuantile(q float64) float64 {
	if r.histogramsOf == nil {
		return r.WaitTail.quantile(q, &r.Wait)
	}
	return r.histogramsOf.wait.Quantile(q).Seconds()
}

func times(h *Histogram) Times {
	q := func(q float64) float64 { return h.Quantile(q).Seconds() }
	return Times{h.Count(), h.meanSeconds(), q(0.5), q(0.9), q(0.99), q(0.999), h.Max().Seconds()}
}

func share(part, of uint64) float64 {
	if of == 0 {
		return 0
	}
	return float64(part) / float64(of)
}

// reasonKey returns the JSON key of a reason.
func reasonKey(why ledger.Reason) string {
	return [...]string{"", "idle_too_long", "too_old", "worn_out", "surplus", "failed_test", "reset", "retired",
		"discarded", "pool_closed", "displaced"}[why]
}

func (t *timeline) report(calls bool) Timeline {
	out := Timeline{Step: t.width.Seconds(), Closes: map[string][]uint64{}}
	if t.total().span == 0 {
		return out // all happened at once
	}
	for i := range t.all {
		l, d := &t.all[i], &t.decided[i]
		out.Active = append(out.Active, l.over(l.active))
		out.Idle = append(out.Idle, l.over(l.idle))
		out.Leased = append(out.Leased, l.over(l.leased))
		out.Waiting = append(out.Waiting, l.over(l.waiting))
		out.Queue = append(out.Queue, t.peaks[i])
		out.Granted = append(out.Granted, d.granted)
		out.Refused = append(out.Refused, d.refused)
		out.WaitP50 = append(out.WaitP50, d.quantile(0.5))
		out.WaitP90 = append(out.WaitP90, d.quantile(0.9))
		out.WaitP99 = append(out.WaitP99, d.quantile(0.99))
		if calls {
			out.Attempts, out.Good = append(out.Attempts, d.attempts), append(out.Good, d.good)
		}
		c := &t.changes[i]
		out.Opens = append(out.Opens, c.opens)
		out.OpensFailed = append(out.OpensFailed, c.failed)
		out.Opening = append(out.Opening, c.opening)
	}
	t.reportCloses(out.Closes)
	return out
}

// tail returns the tail of a histogram, in steps that are about even on a logarithmic
// scale.
func tail(h *Histogram) (t Tail) {
	for place := 10.0; ; place = float64(place * 10) {
		for digit := 10.0; digit > 1; digit-- {
			share := digit / place
			if share*float64(h.Count()) < minTailCount {
				return t
			}
			t.Share = append(t.Share, share)
			t.Wait = append(t.Wait, h.Quantile(1-share).Seconds())
		}
	}
}

// minTailCount is how many requests a point of a tail needs: fewer are chance.
const minTailCount = 10

// TotalQuantile returns the total time, in seconds, that a share q of the granted
// requests did not exceed. For a report that was read from JSON it is the next larger
// percentile in Total.
func (r *Report) TotalQuantile(q float64) float64 {
	if r.histogramsOf == nil {
		return r.Total.quantile(q)
	}
	return r.histogramsOf.total.Quantile(q).Seconds()
}

// quantile returns the smallest percentile of a report that a share q does not exceed.
func (t *Times) quantile(q float64) float64 {
	switch {
	case t.Count == 0:
		return 0
	case q <= 0.5:
		return t.P50
	case q <= 0.9:
		return t.P90
	case q <= 0.99:
		return t.P99
	case q <= 0.999:
		return t.P999
	}
	return t.Max
}

// quantile returns the wait at the next share of the tail that is not above 1-q.
func (t *Tail) quantile(q float64, all *Times) float64 {
	if all.Count == 0 {
		return 0
	}
	const rounding = 1e-12
	for i := range min(len(t.Share), len(t.Wait)) {
		if t.Share[i] <= 1-q+rounding {
			return t.Wait[i]
		}
	}
	return math.Max(all.Max, 0)
}

// above returns the largest share of the tail with a wait longer than s seconds.
func (t *Tail) above(s float64, all *Times) float64 {
	if all.Max <= s {
		return 0
	}
	share := 0.0
	for i := range min(len(t.Share), len(t.Wait)) {
		if t.Wait[i] > s {
			share = math.Max(share, t.Share[i])
		}
	}
	return share
}

// WaitHistogram returns the waits of granted requests. It is empty for a report that was
// read from JSON.
func (r *Report) WaitHistogram() Histogram {
	if r.histogramsOf == nil {
		return Histogram{}
	}
	return r.histogramsOf.wait.clone()
}

// TotalHistogram returns the times from arrival to the end of the lease. It is empty for
// a report that was read from JSON.
func (r *Report) TotalHistogram() Histogram {
	if r.histogramsOf == nil {
		return Histogram{}
	}
	return r.histogramsOf.total.clone()
}
