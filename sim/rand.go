package sim

import (
	"math"
	"math/rand/v2"

	"github.com/respool/respool/sim/internal/exact"
)

// stream is a random number generator for one purpose. Each purpose has its own, so that a
// change in one, such as a longer hold time, leaves the others as they were: two
// scenarios with the same seed have the same arrivals.
type stream struct{ pcg rand.PCG }

// The purposes of streams. The number of a purpose is a part of what a seed means, so the
// order of these stays, and a new one comes last.
const (
	arrivals uint64 = iota + 1
	holds
	patiences
	thinks
	opens
	closings
	tests
	deaths
	behavior
	openFailures
	testFailures
	failing
	noticing
	variations
	serving
	retrying
	backgrounds
	urgencies
	keying

	purposesEnd
)

func newStream(seed, purpose uint64) *stream {
	s := new(stream)
	s.pcg.Seed(seed, purpose*0x9e3779b97f4a7c15)
	return s
}

// open01 returns a number between 0 and 1, and never 0 or 1. It uses 52 bits: with one more
// the sum would be rounded up to 1.
func (s *stream) open01() float64 { return (float64(s.pcg.Uint64()>>12) + 0.5) / (1 << 52) }

// chance reports true with probability p. It draws even if p is 0 or 1, so that
// a probability can be changed without changing what follows.
func (s *stream) chance(p float64) bool { return s.open01() < p }

// exponential returns a number with mean 1.
func (s *stream) exponential() float64 { return -ln(s.open01()) }

// normal returns a normally distributed number with mean 0 and standard deviation 1, by the
// polar method.
func (s *stream) normal() float64 {
	for {
		u, v := float64(2*s.open01())-1, float64(2*s.open01())-1
		q := float64(u*u) + float64(v*v)
		if q > 0 && q < 1 {
			return float64(u * math.Sqrt(-2*ln(q)/q))
		}
	}
}

// gamma returns a number with a gamma distribution of a shape and the scale 1, by the method
// of Marsaglia and Tsang. Below 1, a number of the next shape is scaled down.
func (s *stream) gamma(shape float64) float64 {
	if shape < 1 {
		u := s.open01()
		return float64(s.gamma(shape+1) * exp(ln(u)/shape))
	}
	d := shape - 1.0/3
	c := 1 / math.Sqrt(float64(9*d))
	for {
		x := s.normal()
		v := 1 + float64(c*x)
		if v <= 0 {
			continue
		}
		v = float64(v * float64(v*v))
		if ln(s.open01()) < float64(0.5*float64(x*x))+float64(d*(1-v+ln(v))) {
			return float64(d * v)
		}
	}
}

// The logarithm and the exponential of package math differ in their last digits from machine
// to machine, and a last digit changes a whole run.

// ln returns the natural logarithm of a positive number.
func ln(x float64) float64 { return exact.Ln(x) }

// exp returns e to the power of x.
func exp(x float64) float64 { return exact.Exp(x) }
