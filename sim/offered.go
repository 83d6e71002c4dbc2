package sim

import (
	"math"
	"time"
)

// Offered returns the offered load: the arrivals a second times the mean time for which a request holds leases, with its
// visits to the server. Time in the server's queue and retries are not in it. The offered load is the number of resources
// that would be leased on average if the pool had no limit. It is a value for the long run: of several phases, the last one
// counts. For a closed loop it is zero, since its arrivals depend on the pool.
func (s *Scenario) Offered() float64 {
	return float64(s.Workload.Open.rate() * s.meanHold().Seconds())
}

// meanHold is the mean time for which a request holds leases: that of two at once counts
// twice.
func (s *Scenario) meanHold() time.Duration {
	w := &s.Workload
	one := w.Hold.Mean()
	if s.World.Server.Workers > 0 {
		one += s.World.Server.Service.Mean()
	}
	leases := max(w.Leases, 1)
	if w.Nested {
		leases = leases * (leases + 1) / 2
	}
	return rounded(float64(float64(one) * float64(leases)))
}

// rate is the mean number of arrivals a second in the long run.
func (o *OpenLoop) rate() float64 {
	switch {
	case o == nil:
		return 0
	case o.Bursts != nil:
		b := o.Bursts
		on, off := time.Duration(b.On).Seconds(), time.Duration(b.Off).Seconds()
		return (float64(b.Rate*on) + float64(b.OffRate*off)) / (on + off)
	case len(o.Phases) > 0:
		return o.Phases[len(o.Phases)-1].Rate
	case len(o.Trace) > 0:
		if last := time.Duration(o.Trace[len(o.Trace)-1]).Seconds(); last > 0 {
			return float64(len(o.Trace)) / last
		}
		return 0
	}
	return math.Max(o.Poisson, o.Constant)
}

// OfferedToServer returns how many workers of the server would be busy if it had any number,
// by the load of all instances.
func (s *Scenario) OfferedToServer() float64 {
	visits := float64(s.Workload.Open.rate() * float64(max(s.Workload.Leases, 1)*max(s.Fleet.Instances, 1)))
	return float64(visits * s.World.Server.Service.Mean().Seconds())
}

// Overloaded reports whether the pool's queue grows without a bound. That is so under two conditions: the offered load is at
// least MaxActive or more than the server's workers can do, and no request gives up, is refused or times out. The waits then
// depend on the length of the run.
func (s *Scenario) Overloaded() bool {
	p, most := &s.Pool, s.capacity()
	if !p.Wait || most == 0 || p.WaitTimeout > 0 || p.MaxWaiters > 0 || s.Workload.Patience.Mean() > 0 || s.Workload.Timeout > 0 {
		return false
	}
	if s.Workload.Open == nil {
		return false
	}
	return s.Offered() >= float64(most) || s.World.Server.Workers > 0 && s.OfferedToServer() >= float64(s.World.Server.Workers)
}

// Relaxation returns about how long the queue's past has an influence: the relaxation
// time of M/M/c, 1/(sqrt(c mu) - sqrt(lambda))^2, scaled by the variability of arrivals
// and holds. The waits of a run should be trusted only if it is many times as long. It
// is zero if no queue can form, if the pool is overloaded, and for workloads without
// such a theory: closed loops, rates that change, traces, keys, and a server with a queue.
func (s *Scenario) Relaxation() time.Duration {
	o, p := s.Workload.Open, &s.Pool
	if o == nil || o.Poisson == 0 && o.Constant == 0 || !p.Wait || p.MaxActive == 0 || s.World.Server.Workers > 0 || s.Keys.Count > 0 {
		return 0
	}
	hold := s.meanHold().Seconds()
	if offered := s.Offered(); hold == 0 || offered >= float64(p.MaxActive) {
		return 0
	}
	gap := math.Sqrt(float64(p.MaxActive)/hold) - math.Sqrt(o.rate())
	variable := s.Workload.Hold.squaredVariation()
	if o.Poisson > 0 {
		variable++
	}
	return seconds(float64(variable/2) / float64(gap*gap))
}

// squaredVariation returns the variance divided by the square of the mean. For Pareto and
// empirical distributions it is estimated from a sample.
func (d *Dist) squaredVariation() float64 {
	switch {
	case d.Exponential != 0:
		return 1
	case d.Uniform != nil:
		width := float64(d.Uniform.Max - d.Uniform.Min)
		mean := float64(d.Mean())
		return float64(width*width) / 12 / float64(mean*mean)
	case d.Lognormal != nil:
		return exp(float64(d.Lognormal.Sigma*d.Lognormal.Sigma)) - 1
	case d.Gamma != nil:
		return 1 / d.Gamma.Shape
	case d.Pareto != nil, len(d.Empirical) > 0:
		return d.sampledVariation()
	}
	return 0
}

// sampledVariation estimates the squared variation from draws of its own.
func (d *Dist) sampledVariation() float64 {
	const draws = 10_000
	random := newStream(1, variations)
	sum, squares := 0.0, 0.0
	for range draws {
		x := float64(d.sample(random))
		sum += x
		squares += float64(x * x)
	}
	mean := sum / draws
	if mean == 0 {
		return 0
	}
	return math.Max(0, squares/draws/float64(mean*mean)-1)
}
