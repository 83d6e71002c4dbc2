package sim

import "time"

// turn is a rate that begins at an instant.
type turn struct {
	at   Instant
	rate float64
}

// turns lists the rates of phases.
func turns(phases []Phase) (all []turn) {
	at := Instant(0)
	for _, p := range phases {
		all = append(all, turn{at, p.Rate})
		at = at.Add(time.Duration(p.For))
	}
	return all
}

// changing returns the next arrival at a rate that changes: so much of a unit
// exponential is used up in each stretch as its rate times its length.
func (s *source) changing(now Instant) (Instant, bool) {
	need := s.random.exponential()
	for now < s.until {
		rate, until := s.rateAt(now)
		if rate > 0 {
			at := now.Add(seconds(need / rate))
			if at < until {
				return at, true
			}
			need = max(0, need-float64(until.Sub(now).Seconds()*rate))
		}
		now = until
	}
	return 0, false
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
