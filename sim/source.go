package sim

import (
	"time"
)

// source generates the requests.
type source struct {
	sc      *Scenario
	random  *stream // arrivals
	left    int64   // requests to come, or -1: no such limit
	until   Instant // no arrivals from here on
	open    *OpenLoop
	noted   int64 // arrivals in the event queue
	arrived uint64
	ended   int // clients of a closed loop that make no request any more

	rateSteps []rateStep // of the rate, to come
	n         int64      // arrivals so far
}

// endless is an instant later than any in a run. It leaves room: an instant before it
// plus a span of a scenario, or a time that is drawn, does not overflow.
const endless = Instant(1) << 61

func newSource(sc *Scenario) source {
	s := source{sc: sc, random: newStream(sc.Seed, arrivals), left: -1, until: endless, open: sc.Workload.Open}
	if sc.Requests > 0 {
		s.left = sc.Requests
	}
	if sc.Duration > 0 {
		s.until = Instant(sc.Duration)
	}
	if s.open != nil {
		s.rateSteps = rateSteps(s.open.Phases)
	}
	return s
}

// start schedules the first arrivals.
func (s *source) start(e *engine) {
	if c := s.sc.Workload.Closed; c != nil {
		for i := range c.Clients {
			s.think(e, int32(i))
		}
		return
	}
	s.next(e)
}

// came has a request arrive. The next arrival is scheduled first, so that it does not
// depend on the outcome of this one.
func (s *source) came(e *engine, o event) {
	if !e.arriving {
		return
	}
	s.noted--
	s.arrived++
	s.count(e)
	if o.kind == arrival {
		s.next(e)
	}
	home := e
	switch {
	case e.keyed != nil:
		e = e.keyed.route()
	case e.fleet != nil:
		e = e.fleet.route(home)
	}
	e.arrive(home, o.target)
}

// count takes one off the requests to come.
func (s *source) count(e *engine) {
	if s.left > 0 {
		if s.left--; s.left == 0 {
			e.arriving = false
		}
	}
}

// coming reports whether an arrival is in the event queue.
func (s *source) coming(e *engine) bool { return e.arriving && s.noted > 0 }

// goesOn reports whether an arrival is in the event queue, or may still come into it: a client
// that is being served asks again.
func (s *source) goesOn(e *engine) bool {
	c := s.sc.Workload.Closed
	return s.coming(e) || e.arriving && c != nil && s.ended < c.Clients
}

// done has the client of a closed loop think before its next request.
func (s *source) done(e *engine, client int32) {
	if s.sc.Workload.Closed != nil && e.arriving {
		s.think(e, client)
	}
}

func (s *source) think(e *engine, client int32) {
	at := e.now.Add(s.sc.Workload.Closed.Think.sample(e.random.think))
	if at >= s.until {
		s.ended++
		return
	}
	s.noted++
	e.queue.add(at, thinkDone, client, 0)
}

// next schedules the next arrival of an open loop.
func (s *source) next(e *engine) {
	if !e.arriving {
		return
	}
	at, ok := s.after(e.now)
	if !ok || at >= s.until {
		e.arriving = false
		return
	}
	s.noted++
	e.queue.add(at, arrival, 0, 0)
}

// after returns the instant of the arrival that follows now.
func (s *source) after(now Instant) (Instant, bool) {
	s.n++
	switch {
	case s.open.Poisson > 0:
		return now.Add(seconds(s.random.exponential() / s.open.Poisson)), true
	case s.open.Constant > 0:
		return Instant(0).Add(seconds(float64(s.n) / s.open.Constant)), true // no sum of rounded gaps
	case s.open.Bursts != nil || len(s.open.Phases) > 0:
		return s.changing(now)
	case s.n > int64(len(s.open.Trace)):
		return 0, false
	}
	return Instant(s.open.Trace[s.n-1]), true
}

func seconds(x float64) time.Duration {
	return roundTo(min(float64(x*1e9), float64(endless)))
}
