package sim

import "time"

// rateStep is a rate that holds from an instant on.
type rateStep struct {
	at   Instant
	rate float64
}

// rateSteps returns the rates of phases.
func rateSteps(phases []Phase) (all []rateStep) {
	at := Instant(0)
	for _, p := range phases {
		all = append(all, rateStep{at, p.Rate})
		at = at.Add(time.Duration(p.For))
	}
	return all
}

// changing returns the next arrival at a rate that changes. It draws a unit
// exponential, and each stretch of time takes its rate times its length off that.
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

// rateAt returns the rate at an instant, and until when it holds. Each call's instant
// must not be before that of the call before.
func (s *source) rateAt(now Instant) (rate float64, until Instant) {
	if b := s.open.Bursts; b != nil {
		period := Instant(b.On + b.Off)
		begin := now - now%period
		if now-begin < Instant(b.On) {
			return b.Rate, begin + Instant(b.On)
		}
		return b.OffRate, begin + period
	}
	for len(s.rateSteps) > 1 && s.rateSteps[1].at <= now {
		s.rateSteps = s.rateSteps[1:]
	}
	if len(s.rateSteps) > 1 {
		return s.rateSteps[0].rate, s.rateSteps[1].at
	}
	return s.rateSteps[0].rate, endless
}
