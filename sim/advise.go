package sim

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/respool/respool/sim/internal/estimate"
)

// Target is the target of a pool: a share Quantile of the requests, such as 0.99, waits
// no longer than Wait. [Advise] refuses the zero Target.
type Target struct {
	Quantile float64       // between 0 and 1, and neither of them
	Wait     time.Duration // zero: that share does not wait at all
}

// Advice is the answer of [Advise]. Waits are in seconds.
type Advice struct {
	// MaxActive is the smallest limit that meets the target with 95 % confidence.
	MaxActive int
	// IfRetried is the smallest limit if each request that got nothing was an attempt of a
	// caller that tried again and was served in the end. Statistics cannot tell attempts from
	// requests, so the limit that is needed lies between IfRetried and MaxActive. They are
	// equal if no request got nothing.
	IfRetried int
	// Wait is the wait of the target's quantile at that limit, between Low and High with
	// 95 % confidence.
	Wait, Low, High float64
	// Now is the pool's present limit, SimulatedNow the wait that the simulation has at it,
	// and MeasuredNow the wait that the pool has measured.
	Now                       int
	SimulatedNow, MeasuredNow float64
	// Refused is the share of the requests that the pool has refused, or that gave up. In
	// the simulation none does, and WaitedNow is the share that waits at the present limit.
	Refused, WaitedNow float64
	// Agrees reports whether the simulation of the present limit agrees with what the pool
	// has measured. If the measured wait is longer, or if more requests are refused than the
	// simulation has waiting, requests come in bursts, or something else slows the pool down,
	// and the advice is a lower bound. If the measured wait is shorter though no request is
	// refused, requests come more evenly than at random, or were too few to tell.
	Agrees bool

	Rate     float64   // requests a second, those included that were refused
	Load     float64   // connections in use on average, if none is refused
	Scenario *Scenario // of the advice
}

const (
	adviceSeeds    = 5
	adviceRequests = 50_000
	mostAdvised    = 4096 // connections
)

// Advise returns which limit meets a target, for the load that a running pool has
// measured. It simulates requests that arrive at random, at the measured rate, with the
// measured times of use and of opening. Requests that the pool has refused, and those that
// gave up, are part of the load: otherwise an overloaded pool would seem to have the load
// that it can just serve. If their callers try again, each attempt counts as a request, and
// [Advice.IfRetried] is the limit without those attempts. It cannot see in the statistics
// whether requests come in bursts, so it compares what it simulates for the present limit
// with what the pool has measured.
//
// Its error says what st or t lacks, or that no limit up to 4,096 meets the target. Advise
// takes some seconds of a processor, changes neither st nor the pool, and may be called
// concurrently.
func Advise(st *Stats, t Target) (*Advice, error) {
	switch {
	case !(t.Quantile > 0 && t.Quantile < 1):
		return nil, fmt.Errorf("the quantile %v is not between 0 and 1", t.Quantile)
	case t.Wait < 0:
		return nil, fmt.Errorf("the wait %v is negative", t.Wait)
	case st.MaxActive < 0:
		return nil, fmt.Errorf("the pool's MaxActive is %d, must not be negative", st.MaxActive)
	case st.Usable() != nil:
		return nil, st.Usable()
	case st.Use.Count == 0:
		return nil, errors.New("the pool has measured no lease: there is nothing to go by")
	case st.Over <= 0:
		return nil, errors.New("over what time the statistics were measured is not known: set Over")
	}
	sc := &Scenario{
		Seed: 1, Requests: adviceRequests, Pool: Pool{Wait: true},
		Workload: Workload{Hold: st.Use.dist()},
		World:    World{OpenLatency: st.Open.dist()},
	}
	requests := float64(st.Requests())
	a := &Advice{Rate: requests / st.Over.Seconds(), Refused: float64(st.Refused) / requests, Now: st.MaxActive}
	sc.Workload.Open = &OpenLoop{Poisson: a.Rate}
	a.Load = sc.Offered()
	if err := a.size(sc, t); err != nil {
		if st.Refused > 0 {
			err = fmt.Errorf("%w, and %d of %d requests got nothing: if their callers try again, each attempt counts", err, st.Refused, st.Requests())
		}
		return nil, err
	}
	if err := a.sizeOfServed(sc, st, t); err != nil {
		return nil, err
	}
	if err := a.compare(sc, st, t); err != nil {
		return nil, err
	}
	return a, nil
}

// sizeOfServed finds the limit for the load without the requests that got nothing.
func (a *Advice) sizeOfServed(sc *Scenario, st *Stats, t Target) error {
	a.IfRetried = a.MaxActive
	if st.Refused == 0 {
		return nil
	}
	less := *sc
	less.Workload.Open = &OpenLoop{Poisson: float64(st.Requests()-st.Refused) / st.Over.Seconds()}
	served := &Advice{Load: less.Offered()}
	if err := served.size(&less, t); err != nil {
		return err
	}
	a.IfRetried = min(a.MaxActive, served.MaxActive)
	return nil
}

// size finds the smallest limit that meets the target: it doubles the limit, and then
// halves the gap.
func (a *Advice) size(sc *Scenario, t Target) error {
	try := func(n int) (bool, error) {
		f, _, err := waitAt(sc, n, t.Quantile)
		if meets := err == nil && f.High <= t.Wait.Seconds(); meets {
			a.MaxActive, a.Wait, a.Low, a.High = n, f.Mean, math.Max(f.Low, 0), f.High
			return true, nil
		}
		return false, err
	}
	tooMany := fmt.Errorf("no limit up to %d meets the target", mostAdvised)
	if a.Load >= mostAdvised {
		return tooMany
	}
	below := int(math.Floor(a.Load)) // a pool of that many is overloaded
	for n := below + 1; ; n = min(2*n, mostAdvised) {
		meets, err := try(n)
		if err != nil {
			return err
		}
		if meets {
			break
		}
		if n >= mostAdvised {
			return tooMany
		}
		below = n
	}
	for a.MaxActive-below > 1 {
		mid := (below + a.MaxActive) / 2
		meets, err := try(mid)
		if err != nil {
			return err
		}
		if !meets {
			below = mid
		}
	}
	a.Scenario = limited(sc, a.MaxActive, 0)
	return nil
}

func limited(sc *Scenario, n int, seed uint64) *Scenario {
	one := *sc
	one.Pool.MaxActive = n
	one.Seed += seed
	return &one
}

// waitAt simulates a limit with some seeds. It returns the wait, and which share of the
// requests waits at all.
func waitAt(sc *Scenario, n int, q float64) (f estimate.Interval, waited float64, err error) {
	all := make([]Histogram, adviceSeeds)
	for i := range all {
		r, err := Run(limited(sc, n, uint64(i)))
		if err != nil {
			return estimate.Interval{}, 0, err
		}
		all[i] = r.WaitHistogram()
		waited += r.WaitedFraction / adviceSeeds
	}
	wait := func(without int) float64 {
		var sum Histogram
		for i := range all {
			if i != without {
				sum.Merge(&all[i])
			}
		}
		return sum.Quantile(q).Seconds()
	}
	var rest []float64
	for i := range all {
		rest = append(rest, wait(i))
	}
	return estimate.Jackknife(wait(-1), rest, true), waited, nil
}

// enoughAlike is by how much a measured figure may differ from a simulated one, as a factor.
// A difference that is a small part of the target does not count.
const (
	enoughAlike = 1.5
	smallPart   = 0.1
)

// compare simulates the present limit.
func (a *Advice) compare(sc *Scenario, st *Stats, t Target) error {
	a.MeasuredNow = st.waitQuantile(t.Quantile).Seconds()
	if a.Now == 0 {
		a.Agrees = a.MeasuredNow == 0
		return nil
	}
	f, waited, err := waitAt(sc, a.Now, t.Quantile)
	if err != nil {
		return err
	}
	a.SimulatedNow, a.WaitedNow = f.Mean, waited
	a.Agrees = a.agrees(t)
	return nil
}

// agrees compares what the pool has measured with the simulation of its present limit.
func (a *Advice) agrees(t Target) bool {
	refuses := a.Refused > float64(smallPart*(1-t.Quantile))
	if refuses && a.Refused > float64(enoughAlike*a.WaitedNow) {
		return false // to be refused, a request must have found all connections in use
	}
	x, y := a.SimulatedNow, a.MeasuredNow
	if math.Abs(x-y) <= float64(smallPart*t.Wait.Seconds()) {
		return true
	}
	// Waits are shorter in a pool that refuses requests than in one that refuses none.
	return y <= float64(enoughAlike*x) && (refuses || x <= float64(enoughAlike*y))
}

// waitQuantile returns the wait that a share q of all requests did not exceed. Those that
// did not wait are not in Wait.
func (s *Stats) waitQuantile(q float64) time.Duration {
	beyond := float64((1 - q) * float64(max(s.Use.Count, s.Wait.Count)))
	if beyond >= float64(s.Wait.Count) {
		return 0
	}
	return s.Wait.Quantile(1 - beyond/float64(s.Wait.Count))
}
