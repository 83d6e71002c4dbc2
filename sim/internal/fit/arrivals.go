package fit

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/figures"
)

// Arrivals is instants of arrival, and what they say of the load.
type Arrivals struct {
	At         []time.Duration // since the first, in order
	Resolution time.Duration   // of the instants
}

// Load is how requests arrive, and why it is taken to be so.
type Load struct {
	Kind     string        `json:"kind"` // poisson, phases, bursts or trace
	Open     *sim.OpenLoop `json:"-"`
	Duration sim.Duration  `json:"duration"` // from the first arrival to the last
	Rate     float64       `json:"rate"`     // mean, a second
	Why      string        `json:"why"`
	// Dispersion is the variance of the number of arrivals in a bin, divided by its mean. It
	// is 1 for arrivals at random.
	Dispersion float64   `json:"dispersion"`
	Bin        float64   `json:"bin"`       // seconds
	Rates      []float64 `json:"rates"`     // by time, in equal stretches
	Stretch    float64   `json:"stretch"`   // seconds
	Explained  float64   `json:"explained"` // by bursts: the share of the variance within stretches
}

const (
	fewestArrivals = 20
	mostStretches  = 48
	// mostTrace is the most arrivals that a scenario has one by one.
	mostTrace = 200_000
)

// Describe describes arrivals by a kind of load, or by the one that suits them best if it
// is "auto".
func (a *Arrivals) Describe(kind string) (*Load, error) {
	n := len(a.At)
	if n < fewestArrivals {
		return nil, fmt.Errorf("a rate takes %d arrivals or more, and the file has %d", fewestArrivals, n)
	}
	length := a.At[n-1] - a.At[0] + a.Resolution
	if length <= 0 {
		return nil, fmt.Errorf("all %d arrivals are at one instant", n)
	}
	l := &Load{Duration: sim.Duration(length), Rate: round(float64(n)/length.Seconds(), 6)}
	bin := max(a.Resolution, time.Second)
	if length < 100*time.Second {
		bin = max(a.Resolution, length/100)
	}
	l.Bin = bin.Seconds()
	counts := count(a.At, bin, int((length+bin-1)/bin))
	if len(counts) > 1 && length%bin != 0 {
		counts = counts[:len(counts)-1] // it is not over
	}
	m := max(min(mostStretches, len(counts)/10, n/100), 1)
	parts := split(counts, m)
	l.Stretch = length.Seconds() / float64(m)
	for _, part := range parts {
		l.Rates = append(l.Rates, round(meanOf(part)/l.Bin, 4))
	}
	l.Dispersion = dispersion(parts)
	bursts := burstsOf(counts, bin)
	if bursts != nil {
		l.Explained = bursts.explained
	}
	return l, a.choose(l, kind, parts, bursts)
}

// choose sets the kind of load, and the scenario's part.
func (a *Arrivals) choose(l *Load, kind string, parts [][]float64, b *burstFit) error {
	varies, by := changes(parts, l.Dispersion)
	if kind == "auto" {
		switch {
		case b != nil && l.Dispersion > burstDispersion && b.explained >= burstExplained:
			kind = "bursts"
			l.Why = fmt.Sprintf("in bins of %s the variance of the arrivals is %s times the mean, and two rates explain %s of it",
				figures.Seconds(l.Bin), figures.Number(l.Dispersion), figures.Percent(b.explained))
		case varies:
			kind = "phases"
			l.Why = fmt.Sprintf("the rate changes: %s", by)
		default:
			kind = "poisson"
			l.Why = fmt.Sprintf("the rate stays the same as far as chance lets one see: %s", by)
		}
		if kind != "bursts" && l.Dispersion > burstDispersion {
			l.Why += fmt.Sprintf("; but the arrivals are not as even as random ones: in bins of %s their variance is %s times the mean, which -as trace would keep",
				figures.Seconds(l.Bin), figures.Number(l.Dispersion))
		}
	} else {
		l.Why = "by -as"
	}
	l.Kind = kind
	switch kind {
	case "poisson":
		l.Open = &sim.OpenLoop{Poisson: l.Rate}
	case "phases":
		l.Open = &sim.OpenLoop{Phases: phases(l)}
	case "bursts":
		if b == nil {
			return fmt.Errorf("there are no bursts: the rate does not alternate between two values at least three times")
		}
		l.Open = &sim.OpenLoop{Bursts: &b.Bursts}
	case "trace":
		return a.trace(l)
	default:
		return fmt.Errorf("%q is no kind of arrivals: there are auto, poisson, phases, bursts, trace", kind)
	}
	return nil
}

// trace has the arrivals one by one. Those with the same instant are spread evenly over
// its resolution.
func (a *Arrivals) trace(l *Load) error {
	if len(a.At) > mostTrace {
		return fmt.Errorf("there are %d arrivals, and a scenario has at most %d one by one", len(a.At), mostTrace)
	}
	l.Open = new(sim.OpenLoop)
	for i := 0; i < len(a.At); {
		same := i
		for same < len(a.At) && a.At[same] == a.At[i] {
			same++
		}
		for k := range same - i {
			at := a.At[i] - a.At[0] + a.Resolution*time.Duration(k)/time.Duration(same-i)
			l.Open.Trace = append(l.Open.Trace, sim.Duration(at))
		}
		i = same
	}
	return nil
}

func count(at []time.Duration, bin time.Duration, bins int) []float64 {
	counts := make([]float64, bins)
	for _, t := range at {
		counts[min(int((t-at[0])/bin), bins-1)]++
	}
	return counts
}

// split divides bins into equal parts.
func split(counts []float64, parts int) (all [][]float64) {
	for i := range parts {
		all = append(all, counts[i*len(counts)/parts:(i+1)*len(counts)/parts])
	}
	return all
}

func meanOf(all []float64) float64 {
	sum := 0.0
	for _, x := range all {
		sum += x
	}
	return sum / float64(max(len(all), 1))
}

// dispersion returns the variance divided by the mean, within parts.
func dispersion(parts [][]float64) float64 {
	squares, mean, freedom, n := 0.0, 0.0, 0, 0
	for _, part := range parts {
		m := meanOf(part)
		for _, x := range part {
			squares += float64((x - m) * (x - m))
			mean += x
		}
		freedom += len(part) - 1
		n += len(part)
	}
	if freedom < 1 || mean == 0 {
		return 1
	}
	return squares / float64(freedom) / (mean / float64(n))
}

// changes reports whether the rates of parts differ by more than chance explains.
func changes(parts [][]float64, dispersion float64) (bool, string) {
	if len(parts) < 2 {
		return false, "there are too few arrivals to tell"
	}
	var rates []float64
	total, bins := 0.0, 0
	for _, part := range parts {
		rates = append(rates, meanOf(part))
		total += float64(meanOf(part) * float64(len(part)))
		bins += len(part)
	}
	mean := total / float64(bins)
	chi := 0.0
	for _, part := range parts {
		want := float64(mean * float64(len(part)))
		d := float64(meanOf(part)*float64(len(part))) - want
		chi += d * d / want
	}
	freedom := float64(len(parts) - 1)
	ratio := chi / freedom / math.Max(dispersion, 1)
	by := fmt.Sprintf("between %d stretches it differs %s times as much as chance would have it", len(parts), figures.Number(ratio))
	const sure = 3 // standard deviations
	return ratio > 1+float64(sure*math.Sqrt(2/freedom)) && slices.Max(rates) > float64(1.1*slices.Min(rates)), by
}

// phases joins neighboring stretches whose rates are alike. Their lengths are whole
// milliseconds.
func phases(l *Load) (all []sim.Phase) {
	const alike = 0.1
	stretch := float64(l.Duration) / float64(len(l.Rates))
	end := func(i int) sim.Duration {
		return sim.Duration(time.Duration(float64(float64(i+1) * stretch)).Round(time.Millisecond))
	}
	n := 0.0
	for i, rate := range l.Rates {
		k := len(all) - 1
		if k < 0 || math.Abs(rate-all[k].Rate) > float64(alike*math.Max(rate, all[k].Rate)) {
			all, n = append(all, sim.Phase{For: end(i) - begin(all), Rate: rate}), 1
			continue
		}
		all[k].Rate = round((float64(all[k].Rate*n)+rate)/(n+1), 4)
		all[k].For = end(i) - begin(all[:k])
		n++
	}
	return all
}

func begin(all []sim.Phase) (at sim.Duration) {
	for _, p := range all {
		at += p.For
	}
	return at
}

const (
	burstDispersion = 2
	burstExplained  = 0.5
	fewestBursts    = 3
)

// burstFit is a rate that alternates between two values.
type burstFit struct {
	sim.Bursts
	explained float64
}

// burstsOf returns nil if the rate of arrivals does not alternate.
func burstsOf(counts []float64, bin time.Duration) *burstFit {
	if len(counts) < 2*fewestBursts {
		return nil
	}
	threshold, explained := burstThreshold(counts)
	if explained == 0 {
		return nil
	}
	var on, off stretches
	for i, x := range counts {
		high := x >= threshold
		first := i == 0 || high != (counts[i-1] >= threshold)
		if high {
			on.add(x, first)
		} else {
			off.add(x, first)
		}
	}
	if on.n < fewestBursts || off.n < fewestBursts-1 || on.arrivals/on.bins < 2*off.arrivals/off.bins {
		return nil
	}
	f := &burstFit{explained: explained}
	f.On, f.Rate = on.mean(bin)
	f.Off, f.OffRate = off.mean(bin)
	return f
}

// burstThreshold separates bins with a high rate from those with a low one: it is the least
// count of a high one. Of all thresholds it explains most of the variance. If all counts
// are equal, it explains nothing.
func burstThreshold(counts []float64) (threshold, explained float64) {
	sorted := slices.Sorted(slices.Values(counts))
	total, mean := 0.0, meanOf(counts)
	for _, x := range counts {
		total += float64((x - mean) * (x - mean))
	}
	if total == 0 {
		return 0, 0
	}
	best, sum, all := 0.0, 0.0, float64(mean*float64(len(counts)))
	for i := 1; i < len(sorted); i++ {
		sum += sorted[i-1]
		if sorted[i] == sorted[i-1] {
			continue
		}
		k, rest := float64(i), float64(len(sorted)-i)
		low, high := sum/k, (all-sum)/rest
		if between := float64(k*(low-mean)*(low-mean)) + float64(rest*(high-mean)*(high-mean)); between > best {
			best, threshold = between, sorted[i]
		}
	}
	return threshold, best / total
}

// stretches are the bursts of a load, or the pauses between them: how many there are, and
// the bins and the arrivals in all of them.
type stretches struct {
	n              int
	bins, arrivals float64
}

func (s *stretches) add(arrivals float64, first bool) {
	s.bins++
	s.arrivals += arrivals
	if first {
		s.n++
	}
}

// mean returns how long such a stretch is on average, and the rate of arrivals in it.
func (s *stretches) mean(bin time.Duration) (sim.Duration, float64) {
	seconds := bin.Seconds()
	return span(float64(s.bins / float64(s.n) * seconds)), round(s.arrivals/s.bins/seconds, 4)
}
