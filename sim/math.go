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
	// Those that are odd and those that are even do not wait for each other.
	s := (f - 1) / (f + 1)
	z := float64(s * s)
	w := float64(z * z)
	odd := 1./19 + float64(w*(1./23))
	odd = 1./11 + float64(w*(1./15+float64(w*odd)))
	odd = 1./3 + float64(w*(1./7+float64(w*odd)))
	even := 1./17 + float64(w*(1./21))
	even = 1./9 + float64(w*(1./13+float64(w*even)))
	even = 1./5 + float64(w*even)
	sum := float64(z * (odd + float64(z*even)))
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
