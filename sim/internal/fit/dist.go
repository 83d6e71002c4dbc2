package fit

import (
	"fmt"
	"math"
	"time"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/compact"
	"github.com/respool/respool/sim/internal/exact"
	"github.com/respool/respool/sim/internal/figures"
)

// Candidate is a distribution with the sample's mean, and how well it fits.
type Candidate struct {
	Name string   `json:"name"`
	Dist sim.Dist `json:"dist"`
	// Distance is that of Kolmogorov and Smirnov: the largest difference between the shares
	// of the sample and of the distribution that are not longer than a time.
	Distance float64 `json:"distance"`
	P99      float64 `json:"p99"` // of the distribution, in seconds
	Chosen   bool    `json:"chosen,omitempty"`
	Why      string  `json:"why,omitempty"` // why it is chosen

	share func(at float64) float64 // of the durations that are not longer
}

// Text is the distribution in the short form of flags.
func (c *Candidate) Text() string {
	if len(c.Dist.Empirical) > 0 {
		return fmt.Sprintf("%d quantiles of the sample", len(c.Dist.Empirical))
	}
	return compact.Text(c.Dist)
}

const (
	// enoughAlike is the largest distance of a distribution that is chosen, unless there
	// are so few durations that chance alone gives a larger one.
	enoughAlike = 0.03
	// enoughTail is by which part the p99 may differ.
	enoughTail = 0.15
	// chance is the distance, times the square root of the count, that chance exceeds in one
	// of twenty samples of the distribution itself.
	chance = 1.36
)

// Candidates fits distributions to a sample. All have its mean, since the load depends on
// it. The last candidate is the sample itself. Exactly one is chosen: the nearest of those
// that are near enough, or the sample.
func Candidates(s *Sample) []Candidate {
	q := 0.99
	if s.Beyond > 1-q {
		q = 1 - s.Beyond // of the rest nothing is known
	}
	end := s.Quantile(q)
	all := []Candidate{exponential(s), lognormal(s), gamma(s)}
	limit := math.Max(enoughAlike, chance/math.Sqrt(float64(max(s.Count, 1))))
	best := -1
	for i := range all {
		c := &all[i]
		tail := math.Abs(quantile(s.Mean, q, c.share)/end-1) <= enoughTail
		if c.Distance <= limit && tail && (best < 0 || c.Distance < all[best].Distance) {
			best = i
		}
	}
	own := empirical(s)
	if best >= 0 {
		all[best].Chosen = true
		b := &all[best]
		b.Why = fmt.Sprintf("its distance, %.3f, is the least, and at most %.3f; its p%.3g is %s, and that of the sample %s",
			b.Distance, limit, float64(100*q), figures.Seconds(quantile(s.Mean, q, b.share)), figures.Seconds(end))
	} else {
		own.Chosen = true
		own.Why = fmt.Sprintf("no other is nearer than %.3f with a p%.3g within %.0f %% of the sample's, %s", limit, float64(100*q), 100*enoughTail, figures.Seconds(end))
	}
	return append(all, own)
}

// distance returns the largest difference between a sample and a distribution.
func distance(s *Sample, share func(at float64) float64) (most float64) {
	for _, p := range s.Points {
		most = math.Max(most, math.Abs(share(p.At)-p.Share))
	}
	return most
}

// quantile inverts a distribution.
func quantile(mean, q float64, share func(at float64) float64) float64 {
	low, high := 0.0, mean
	for share(high) < q && high < float64(1e9*mean) {
		high = float64(high * 2)
	}
	for range 100 {
		if mid := (low + high) / 2; share(mid) < q {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}

func candidate(name string, s *Sample, d sim.Dist, share func(at float64) float64) Candidate {
	return Candidate{Name: name, Dist: d, Distance: distance(s, share), P99: quantile(s.Mean, 0.99, share), share: share}
}

func exponential(s *Sample) Candidate {
	return candidate("exponential", s, sim.Dist{Exponential: span(s.Mean)}, func(at float64) float64 { return 1 - exact.Exp(-at/s.Mean) })
}

// lognormal fits the spread, and has the median that gives the mean.
func lognormal(s *Sample) Candidate {
	share := func(sigma float64) func(float64) float64 {
		mu := exact.Ln(s.Mean) - sigma*sigma/2
		return func(at float64) float64 {
			if at <= 0 {
				return 0
			}
			return normalShare((exact.Ln(at) - mu) / sigma)
		}
	}
	sigma := nearest(s, 0.02, 4, share)
	sigma = round(sigma, 3)
	d := sim.Dist{Lognormal: &sim.Lognormal{Median: span(float64(s.Mean * exact.Exp(-sigma*sigma/2))), Sigma: sigma}}
	return candidate("lognormal", s, d, share(sigma))
}

func gamma(s *Sample) Candidate {
	share := func(shape float64) func(float64) float64 {
		return func(at float64) float64 { return gammaShare(shape, shape*at/s.Mean) }
	}
	shape := round(nearest(s, 0.05, 500, share), 3)
	return candidate("gamma", s, sim.Dist{Gamma: &sim.Gamma{Mean: span(s.Mean), Shape: shape}}, share(shape))
}

// nearest returns the parameter, between two values, with the least distance: the best of
// a coarse grid, and then by golden section beside it.
func nearest(s *Sample, from, to float64, share func(parameter float64) func(at float64) float64) float64 {
	const steps = 40
	of := func(x float64) float64 { return distance(s, share(exact.Exp(x))) }
	low, high := exact.Ln(from), exact.Ln(to)
	step := (high - low) / steps
	best, at := math.Inf(1), low
	for i := range steps + 1 {
		x := low + float64(float64(i)*step)
		if d := of(x); d < best {
			best, at = d, x
		}
	}
	a, b := at-step, at+step
	const golden = 0.6180339887498949
	for range 25 {
		x, y := b-float64(golden*(b-a)), a+float64(golden*(b-a))
		if of(x) < of(y) {
			b = y
		} else {
			a = x
		}
	}
	return exact.Exp((a + b) / 2)
}

// quantiles is how many values stand for a sample in a scenario. The p99 of requests lies
// between two of them: with a thousand they differ by some 2 % there.
const quantiles = 1000

// within is at how many points a part of a sample is looked at, for its mean.
const within = 8

// empirical is the sample itself, with its mean. Each value is the mean of an equal part of
// the sample: with the middles of the parts, the longest of all durations would be missing.
func empirical(s *Sample) Candidate {
	values := make([]float64, quantiles)
	sum := 0.0
	for i := range values {
		for k := range within {
			values[i] += s.Quantile((float64(i)+(float64(k)+0.5)/within)/quantiles) / within
		}
		sum += values[i]
	}
	d := sim.Dist{Empirical: make([]sim.Duration, quantiles)}
	for i, v := range values {
		d.Empirical[i] = span(v * s.Mean * quantiles / sum)
	}
	return Candidate{Name: "sample", Dist: d, P99: s.Quantile(0.99)}
}

// gammaShare is the distribution function of a gamma distribution with scale 1: the
// incomplete gamma function, as a series or as a continued fraction.
func gammaShare(shape, x float64) float64 {
	if x <= 0 {
		return 0
	}
	log := lnGamma(shape)
	front := exact.Exp(float64(shape*exact.Ln(x)) - x - log)
	const small, most = 1e-12, 10_000
	if x < shape+1 {
		term := 1 / shape
		sum := term
		for n := 1.0; n < most && term > float64(small*sum); n++ {
			term = float64(term * x / (shape + n))
			sum += term
		}
		return float64(front * sum)
	}
	const tiny = 1e-300
	b := x + 1 - shape
	c, d := 1/tiny, 1/b
	h := d
	for i := 1.0; i < most; i++ {
		a := float64(-i * (i - shape))
		b += 2
		d = 1 / nonzero(float64(a*d)+b)
		c = nonzero(b + a/c)
		h = float64(h * float64(d*c))
		if math.Abs(float64(d*c)-1) < small {
			break
		}
	}
	return 1 - float64(front*h)
}

func nonzero(x float64) float64 {
	const tiny = 1e-300
	if math.Abs(x) < tiny {
		return tiny
	}
	return x
}

// span is a duration with four digits, so that the last digits of a machine's logarithm do
// not matter.
func span(s float64) sim.Duration {
	return sim.Duration(time.Duration(math.Round(round(float64(s*1e9), 4))))
}

// round keeps so many digits.
func round(x float64, digits int) float64 {
	if x == 0 || math.IsInf(x, 0) || math.IsNaN(x) {
		return x
	}
	unit := exact.Pow10(math.Floor(exact.Log10(math.Abs(x))) - float64(digits-1))
	return math.Round(float64(math.Round(x/unit)*unit*1e12)) / 1e12
}

// normalShare is the distribution function of a normal distribution. Its square has a gamma
// distribution.
func normalShare(z float64) float64 {
	inside := gammaShare(0.5, float64(z*z)/2)
	if z < 0 {
		return (1 - inside) / 2
	}
	return (1 + inside) / 2
}

// lnGamma is the logarithm of the gamma function of a positive number, by Stirling's series.
func lnGamma(x float64) float64 {
	down := 0.0
	for ; x < 12; x++ {
		down += exact.Ln(x)
	}
	y := 1 / x
	y2 := float64(y * y)
	series := float64(y * (1.0/12 - float64(y2*(1.0/360-float64(y2*(1.0/1260-y2/1680))))))
	return float64((x-0.5)*exact.Ln(x)) - x + float64(0.5*exact.Ln(float64(2*math.Pi))) + series - down
}
