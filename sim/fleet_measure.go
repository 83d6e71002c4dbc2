package sim

import (
	"reflect"
	"slices"

	"github.com/respool/respool/resource/ledger"
)

// fleetMeasure counts what all instances have together. The counts of each instance are
// added at the end.
type fleetMeasure struct {
	measure
	levels   ledger.Levels
	peak     Peaks
	conns    int     // the most that the server has had
	liveTime float64 // instances that get requests, weighted by time
}

// startCounting ends the warm-up.
func (m *fleetMeasure) startCounting(now Instant) {
	if m.counting {
		return
	}
	m.counting, m.began, m.last = true, now, now
	m.timeline.begin()
	m.openings.most = 0
}

// pass accounts for the time until an instant, in which nothing has changed.
func (m *fleetMeasure) pass(live int, to Instant) {
	if !m.counting || to == m.last {
		return
	}
	m.timeline.opening = m.openings.now
	m.timeline.add(m.levels, m.last-m.began, to-m.began)
	m.liveTime += float64(float64(live) * float64(to-m.last))
	m.last = to
}

// account notes new levels, and how many connections the server has.
func (m *fleetMeasure) account(l ledger.Levels, conns int) {
	m.levels = l
	m.peaks(l.Active, l.Idle, l.Leased, l.Waiting)
	m.conns = max(m.conns, conns)
}

func (m *fleetMeasure) peaks(active, idle, leased, waiting int) {
	m.peak.Active, m.peak.Idle = max(m.peak.Active, active), max(m.peak.Idle, idle)
	m.peak.Leased, m.peak.Waiting = max(m.peak.Leased, leased), max(m.peak.Waiting, waiting)
}

// merge adds what an instance has counted. The levels of the timeline, and the openings at
// a time, are those of all already.
func (m *measure) merge(o *measure) {
	m.requests += o.requests
	m.waited += o.waited
	m.opens += o.opens
	m.failed += o.failed
	m.refusedOpens += o.refusedOpens
	m.cutOpens += o.cutOpens
	addCounts(&m.outcomes, &o.outcomes)
	addCounts(&m.uses, &o.uses)
	m.wait.Merge(&o.wait)
	m.urgent.Merge(&o.urgent)
	m.acquire.Merge(&o.acquire)
	m.open.Merge(&o.open)
	m.total.Merge(&o.total)
	m.timeline.merge(o.timeline.copy())
}

// merge adds the requests and the changes of an instance.
func (t *timeline) merge(part *timeline) {
	for part.width < t.width {
		part.halve()
	}
	for len(t.all) < len(part.all) {
		t.all = append(t.all, levels{})
		t.peaks = append(t.peaks, 0)
		t.decided = append(t.decided, decided{})
		t.changes = append(t.changes, changes{})
	}
	for i := range part.all {
		t.decided[i].join(&part.decided[i])
		opening := t.changes[i].opening
		t.changes[i].join(&part.changes[i])
		t.changes[i].opening = opening
	}
}

// copy returns a timeline that can be changed apart from this one.
func (t *timeline) copy() *timeline {
	c := *t
	c.all, c.peaks, c.changes = slices.Clone(t.all), slices.Clone(t.peaks), slices.Clone(t.changes)
	c.decided = slices.Clone(t.decided)
	for i := range c.decided {
		c.decided[i].waits = slices.Clone(c.decided[i].waits)
	}
	return &c
}

// addCounts adds each count of from to the count of to with the same name. All fields of a T
// are counts.
func addCounts[T Outcomes | Uses | CallCounts](to, from *T) {
	sums, counts := reflect.ValueOf(to).Elem(), reflect.ValueOf(from).Elem()
	for i := range sums.NumField() {
		sums.Field(i).SetUint(sums.Field(i).Uint() + counts.Field(i).Uint())
	}
}
