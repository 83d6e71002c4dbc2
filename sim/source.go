package sim

import "time"

// source is where requests come from.
type source struct {
	sc     *Scenario
	random *stream // arrivals
	left   int64   // requests to come, or -1: no such limit
	until  Instant // no arrivals from here on
	open   *Open

	turns []turn // of the rate, to come
	trace int
}

// turn is a rate that begins at an instant.
type turn struct {
	at   Instant
	rate float64
}

const endless = Instant(1) << 61

func newSource(sc *Scenario) source {
	s := source{sc: sc, random: newStream(sc.Seed, arrivals), left: -1, until: endless, open: sc.Workload.Open}
	if sc.Requests > 0 {
		s.left = sc.Requests
	}
	if sc.Duration > 0 {
		s.until = Instant(sc.Duration)
	}
	if o := s.open; o != nil && len(o.Phases) > 0 {
		at := Instant(0)
		for _, p := range o.Phases {
			s.turns = append(s.turns, turn{at, p.Rate})
			at = at.Add(time.Duration(p.For))
		}
	}
	return s
}

// start notes the first arrivals.
func (s *source) start(e *engine) {
	if c := s.sc.Workload.Closed; c != nil {
		for i := range c.Clients {
			s.think(e, int32(i))
		}
		return
	}
	s.next(e)
}

// came is an arrival. The next is noted first, so that it does not depend on
// what becomes of this one.
func (s *source) came(e *engine, o occasion) {
	e.pending--
	if !s.count(e) {
		return
	}
	if o.what == arrival {
		s.next(e)
	}
	e.ask(o.who)
}

// count reports whether one more request is within the limits.
func (s *source) count(e *engine) bool {
	if s.left == 0 || e.now >= s.until {
		e.arriving = false
		return false
	}
	if s.left > 0 {
		if s.left--; s.left == 0 {
			e.arriving = false
		}
	}
	return true
}

// done has a closed client think, before it asks again.
func (s *source) done(e *engine, client int32) {
	if s.sc.Workload.Closed != nil && e.arriving {
		s.think(e, client)
	}
}

func (s *source) think(e *engine, client int32) {
	e.pending++
	e.agenda.add(e.now.Add(s.sc.Workload.Closed.Think.sample(e.random.think)), thought, client, 0)
}

// next notes the next arrival of an open workload.
func (s *source) next(e *engine) {
	if !e.arriving {
		return
	}
	at, ok := s.after(e.now)
	if !ok || at >= s.until {
		e.arriving = false
		return
	}
	e.pending++
	e.agenda.add(at, arrival, 0, 0)
}

// after returns the instant of the arrival that follows now.
func (s *source) after(now Instant) (Instant, bool) {
	switch {
	case s.open.Poisson > 0:
		return now.Add(seconds(s.random.exponential() / s.open.Poisson)), true
	case s.open.Constant > 0:
		return now.Add(seconds(1 / s.open.Constant)), true
	case s.open.Bursts != nil || len(s.open.Phases) > 0:
		return s.changing(now)
	}
	if s.trace == len(s.open.Trace) {
		return 0, false
	}
	s.trace++
	return Instant(s.open.Trace[s.trace-1]), true
}

// changing returns the next arrival at a rate that changes: so much of a unit
// exponential is used up in each stretch as its rate times its length.
func (s *source) changing(now Instant) (Instant, bool) {
	need := s.random.exponential()
	for {
		rate, until := s.rateAt(now)
		if until == endless && rate == 0 {
			return 0, false
		}
		if rate > 0 {
			at := now.Add(seconds(need / rate))
			if at < until {
				return at, true
			}
			need -= until.Sub(now).Seconds() * rate
			need = max(need, 0)
		}
		now = until
	}
}

// rateAt returns the rate at an instant, and until when it holds. Instants do
// not go back.
func (s *source) rateAt(now Instant) (rate float64, until Instant) {
	if b := s.open.Bursts; b != nil {
		period := Instant(b.On + b.Off)
		begin := now - now%period
		if now-begin < Instant(b.On) {
			return b.Rate, begin + Instant(b.On)
		}
		return b.OffRate, begin + period
	}
	for len(s.turns) > 1 && s.turns[1].at <= now {
		s.turns = s.turns[1:]
	}
	if len(s.turns) > 1 {
		return s.turns[0].rate, s.turns[1].at
	}
	return s.turns[0].rate, endless
}

func seconds(x float64) time.Duration { return rounded(x * 1e9) }
