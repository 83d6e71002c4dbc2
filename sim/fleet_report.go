package sim

import "math"

// FleetReport is about the instances of a fleet. Times are in seconds.
type FleetReport struct {
	Instances   int              `json:"instances"`   // that have ever been there
	MeanLive    float64          `json:"mean_live"`   // that get requests
	Connections int              `json:"connections"` // the most that the server has had at a time
	Refused     uint64           `json:"refused"`     // openings that it has refused at its maximum of connections
	Starts      int              `json:"starts"`      // of instances, by a deploy or the autoscaler
	Stops       int              `json:"stops"`
	Worst       int              `json:"worst"` // which has the largest p99 of the wait, then the largest share of refused
	Each        []InstanceReport `json:"each"`
}

// InstanceReport is about one instance. Times are in seconds.
type InstanceReport struct {
	Instance        int     `json:"instance"`
	Seed            uint64  `json:"seed"`
	Requests        uint64  `json:"requests"`
	Granted         uint64  `json:"granted"`
	RefusedFraction float64 `json:"refused_fraction"`
	WaitMean        float64 `json:"wait_mean"`
	WaitP99         float64 `json:"wait_p99"`
	WaitMax         float64 `json:"wait_max"`
	PeakWaiting     int     `json:"peak_waiting"`
	PeakActive      int     `json:"peak_active"`
	Opens           uint64  `json:"opens"`
	OpensFailed     uint64  `json:"opens_failed"`
	OpensRefused    uint64  `json:"opens_refused"` // of those that failed: the server had its maximum of connections
	MostOpens       int     `json:"most_opens_in_a_second"`
	// Calls is nil if each request is a call, as in [Report].
	Calls     *CallCounts `json:"calls,omitempty"`
	Deadlocks int         `json:"deadlocks,omitempty"`
}

// report returns the report of all instances together.
func (f *fleet) report() *Report {
	m, measured := &f.measured.measure, &f.measured
	closes := map[string]uint64{}
	out := &FleetReport{Instances: len(f.all), Connections: measured.conns, Starts: f.starts, Stops: f.stops}
	var events uint64
	for _, x := range f.all {
		one := x.report()
		m.merge(&x.measure)
		events += one.Events
		for why, n := range one.Closes {
			closes[why] += n
		}
		p := &one.Peak // within an event there may be more than after it
		measured.peaks(p.Active, p.Idle, p.Leased, p.Waiting)
		out.Each = append(out.Each, x.instanceReport(one))
	}
	out.Refused, out.Worst = m.refusedOpens, worst(out.Each)
	r := m.report(f.sc)
	r.Closes, r.Events, r.Fleet = closes, events, out
	r.Peak = measured.peak
	r.Peak.Opening = m.openings.peak
	if span := float64(f.now - m.began); span > 0 {
		out.MeanLive = measured.liveTime / span
	}
	if most := f.sc.Pool.MaxActive; most > 0 && out.MeanLive > 0 {
		r.Utilization = math.Min(r.Mean.Leased/float64(most)/out.MeanLive, 1)
	}
	r.OfferedLoad = float64(r.OfferedLoad * float64(f.sc.Fleet.Instances))
	r.Server, r.Calls, r.Deadlocks = f.all[0].server.report(f.all[0].engine), f.calls(r.Duration), f.deadlocks()
	r.Timeline = m.timeline.report(f.all[0].engine.calls.on)
	return r
}

func (x *instance) instanceReport(one *Report) InstanceReport {
	r := InstanceReport{
		Instance: x.address, Seed: x.sc.Seed, Requests: one.Requests, Granted: one.Outcomes.Granted, RefusedFraction: one.RefusedFraction,
		WaitMean: one.Wait.Mean, WaitP99: one.Wait.P99, WaitMax: one.Wait.Max, PeakWaiting: one.Peak.Waiting, PeakActive: one.Peak.Active,
		Opens: one.Opens, OpensFailed: one.OpensFailed, OpensRefused: x.measure.refusedOpens, MostOpens: one.MostOpens,
	}
	if one.Calls != nil {
		r.Calls = &one.Calls.CallCounts
	}
	if one.Deadlocks != nil {
		r.Deadlocks = one.Deadlocks.Count
	}
	return r
}

// worst returns which instance has the largest p99 of the wait, or of several the largest
// share of refused.
func worst(all []InstanceReport) (worst int) {
	for i, x := range all {
		w := &all[worst]
		if x.WaitP99 > w.WaitP99 || x.WaitP99 == w.WaitP99 && x.RefusedFraction > w.RefusedFraction {
			worst = i
		}
	}
	return worst
}

// calls returns the calls of all instances.
func (f *fleet) calls(duration float64) *Calls {
	sum := calls{on: f.all[0].engine.calls.on}
	for _, x := range f.all {
		addCounts(&sum.counts, &x.engine.calls.counts)
		sum.total.Merge(&x.engine.calls.total)
	}
	return sum.report(duration)
}

// deadlocks returns the deadlocks of all pools. The holders are those of the first.
func (f *fleet) deadlocks() (sum *Deadlocks) {
	for i, x := range f.all {
		d := x.engine.deadlocks.report(x.engine)
		if d == nil {
			continue
		}
		one := *d
		one.Instance = i
		if sum != nil {
			one.Count += sum.Count
			one.Total += sum.Total
			one.Forever = one.Forever || sum.Forever
			if sum.First <= one.First {
				one.First, one.Instance, one.Holders, one.Waiting = sum.First, sum.Instance, sum.Holders, sum.Waiting
			}
		}
		sum = &one
	}
	return sum
}
