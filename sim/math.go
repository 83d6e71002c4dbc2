package sim

import "math"

// The logarithm and exponential of package math are assembly on some machines
// and Go on others, and a compiler may fuse a multiplication with an addition
// where the machine can. Either changes last digits, and with them a whole run.
// These two use only operations whose result IEEE 754 fixes; a conversion to
// float64 keeps products from being fused.

const (
	ln2Hi = 6.93147180369123816490e-01 // the upper 32 bits of ln 2, so that k*ln2Hi is exact
	ln2Lo = 1.90821492927058770002e-10
)

// ln returns the natural logarithm of a positive number.
func ln(x float64) float64 {
	f, k := math.Frexp(x)
	if f < math.Sqrt2/2 {
		f *= 2
		k--
	}
	// ln f = 2 atanh(s), with |s| < 0.172: twelve terms are beyond double precision.
	s := (f - 1) / (f + 1)
	z := float64(s * s)
	sum := 0.0
	for n := 23; n >= 3; n -= 2 {
		sum = float64((sum + 1/float64(n)) * z)
	}
	atanh := s + float64(s*sum)
	return float64(float64(k)*ln2Hi) + (2*atanh + float64(float64(k)*ln2Lo))
}

// exp returns e to the power of x.
func exp(x float64) float64 {
	switch {
	case x > 709:
		return math.Inf(1)
	case x < -745:
		return 0
	}
	k := math.Floor(float64(x/math.Ln2) + 0.5)
	r := (x - float64(k*ln2Hi)) - float64(k*ln2Lo)
	sum := 1.0
	for n := 16; n >= 1; n-- {
		sum = 1 + float64(sum*r)/float64(n)
	}
	return math.Ldexp(sum, int(k))
}
