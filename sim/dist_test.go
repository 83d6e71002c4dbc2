package sim

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// distCase is a distribution, and its quantile function, in nanoseconds.
type distCase struct {
	name     string
	dist     Dist
	quantile func(p float64) float64
	// Deviation is that of a draw, as a share of the mean.
	deviation float64
}

func distCases() []distCase {
	const x = float64(3 * ms)
	return []distCase{
		{"zero", Dist{}, func(float64) float64 { return 0 }, 0},
		{"constant", constant(3 * ms), func(float64) float64 { return x }, 0},
		{"exponential", exponential(3 * ms), func(p float64) float64 { return -x * math.Log(1-p) }, 1},
		{"uniform", Dist{Uniform: &Uniform{3 * ms, 9 * ms}}, func(p float64) float64 { return x + 2*x*p }, 1 / math.Sqrt(12)},
		{"lognormal", Dist{Lognormal: &Lognormal{3 * ms, 0.5}}, func(p float64) float64 {
			return x * math.Exp(0.5*math.Sqrt2*math.Erfinv(2*p-1))
		}, math.Sqrt(math.Exp(0.25) - 1)},
		// Of the shape 2 the share above x is (1+2x/mean) exp(-2x/mean); of the shape 1/2 it is
		// that of a normal distribution's square.
		{"gamma of 2", Dist{Gamma: &Gamma{3 * ms, 2}}, func(p float64) float64 {
			low, high := 0.0, 60*x
			for range 80 {
				if mid := (low + high) / 2; 1-(1+2*mid/x)*math.Exp(-2*mid/x) < p {
					low = mid
				} else {
					high = mid
				}
			}
			return low
		}, math.Sqrt(0.5)},
		{"gamma of a half", Dist{Gamma: &Gamma{3 * ms, 0.5}}, func(p float64) float64 {
			z := math.Sqrt2 * math.Erfinv(max(p, 0))
			return x * z * z
		}, math.Sqrt(2)},
		{"pareto", Dist{Pareto: &Pareto{3 * ms, 5, 0}}, func(p float64) float64 { return x * math.Pow(1-p, -0.2) }, math.Sqrt(1. / 15)},
		{"cut pareto", Dist{Pareto: &Pareto{3 * ms, 0.5, 300 * ms}}, func(p float64) float64 {
			return min(100*x, x*math.Pow(1-p, -2))
		}, 2},
		{"cut pareto of 1", Dist{Pareto: &Pareto{3 * ms, 1, 30 * ms}}, func(p float64) float64 { return min(10*x, x/(1-p)) }, 1},
		{"empirical", Dist{Empirical: []Duration{9 * ms, 1 * ms, 1 * ms, 1 * ms}}, nil, 1.2},
	}
}

func TestSamplesAreDistributedAsTheySay(t *testing.T) {
	onOneGoroutine(t)
	t.Parallel()
	const n = 200_000
	for _, c := range distCases() {
		t.Run(c.name, func(t *testing.T) {
			s := newStream(5, holds)
			draws := make([]time.Duration, n)
			sum := 0.0
			for i := range draws {
				draws[i] = c.dist.sample(s)
				sum += float64(draws[i])
			}
			// The mean of n has a deviation of deviation/sqrt(n), 0.2 % if that is 1.
			mean := float64(c.dist.Mean())
			if off := math.Abs(sum/n - mean); off > 4.5*c.deviation*mean/math.Sqrt(n)+0.5 {
				t.Errorf("the mean of %d is %v, that of the distribution %v", n, time.Duration(sum/n), c.dist.Mean())
			}
			if c.quantile == nil {
				return
			}
			// The share below a quantile p has a deviation of sqrt(p(1-p)/n), so the
			// sample's quantile lies between those that many shares away.
			slices.Sort(draws)
			for _, p := range []float64{0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999} {
				off := 4.5 * math.Sqrt(p*(1-p)/n)
				low, high := c.quantile(p-off), c.quantile(p+off)
				if got := float64(draws[int(p*n)]); got < low-1 || got > high+1 {
					t.Errorf("quantile %v is %v, not between %v and %v", p, got, low, high)
				}
			}
		})
	}
}

// What Mean says of a distribution is the integral of its quantiles.
func TestMean(t *testing.T) {
	onOneGoroutine(t)
	for _, c := range distCases() {
		if c.quantile == nil {
			continue
		}
		const steps = 1_000_000
		sum := 0.0
		for i := range steps {
			sum += c.quantile((float64(i) + 0.5) / steps)
		}
		if got, want := float64(c.dist.Mean()), sum/steps; math.Abs(got-want) > want/1000+1 {
			t.Errorf("%s: mean %v, integral %v", c.name, got, want)
		}
	}
	empirical := Dist{Empirical: []Duration{9 * ms, 1 * ms, 1 * ms, 1 * ms}}
	if got := empirical.Mean(); got != 3*time.Millisecond {
		t.Errorf("empirical: mean %v", got)
	}
	endless := Dist{Pareto: &Pareto{ms, 1, 0}}
	if got := endless.Mean(); got != math.MaxInt64 {
		t.Errorf("pareto without a mean: %v", got)
	}
}

// A draw from the heaviest of tails does not make instants overflow.
func TestDrawsAreCutOff(t *testing.T) {
	s := newStream(1, 1)
	for _, d := range []Dist{{Pareto: &Pareto{ms, 0.01, 0}}, {Lognormal: &Lognormal{3600 * sec, 10}}} {
		cut := false
		for range 10_000 {
			x := d.sample(s)
			if x < 0 || x > longest {
				t.Fatalf("drew %v", x)
			}
			cut = cut || x == longest
		}
		if !cut {
			t.Error("none was cut off")
		}
	}
}

// A constant draws no random number, so it leaves the other draws of its stream alone.
func TestConstantDrawsNothing(t *testing.T) {
	a, b := newStream(1, 1), newStream(1, 1)
	c, zero := constant(ms), Dist{}
	c.sample(a)
	zero.sample(a)
	if a.open01() != b.open01() {
		t.Error("it has drawn")
	}
}

// roundTo rounds as package math does: halves away from zero.
func TestRoundToIsRound(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, x := range []float64{0, 0.49999999999999994, 0.5, 1.5, 2.5, 1<<52 - 0.5, 1<<52 + 1, float64(endless), float64(longest) / 2} {
		if got, want := roundTo(x), int64(math.Round(x)); int64(got) != want {
			t.Errorf("roundTo(%v) = %d, want %d", x, got, want)
		}
	}
	for range 100_000 {
		x := math.Ldexp(random.Float64(), random.IntN(62))
		if got, want := roundTo(x), int64(math.Round(x)); int64(got) != want {
			t.Fatalf("roundTo(%v) = %d, want %d", x, got, want)
		}
	}
}
