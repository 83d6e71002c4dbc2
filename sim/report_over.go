package sim

func (t *timeline) report() Timeline {
	out := Timeline{Step: t.width.Seconds()}
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
	}
	return out
}

// tail reports the tail of a histogram in steps that look even where each decimal
// place is as wide as the one before.
func tail(h *Histogram) (t Tail) {
	for place := 10.0; ; place = float64(place * 10) {
		for digit := 10.0; digit > 1; digit-- {
			share := digit / place
			if share*float64(h.Count()) < leastTold {
				return t
			}
			t.Share = append(t.Share, share)
			t.Wait = append(t.Wait, h.Quantile(1-share).Seconds())
		}
	}
}

// leastTold is how many requests a point of a tail is told by: fewer are chance.
const leastTold = 10
