// Package exact computes functions that package math computes with other last
// digits on some machines. It uses only operations whose result IEEE 754 fixes,
// and a conversion to float64 keeps each product from being fused with a sum.
package exact

import "math"

const (
	ln2Hi = 6.93147180369123816490e-01 // the upper 32 bits of ln 2, so that k*ln2Hi is exact
	ln2Lo = 1.90821492927058770002e-10
)

// Ln returns the natural logarithm of a positive number.
func Ln(x float64) float64 {
	f, k := frexp(x)
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
	return float64(float64(k)*ln2Hi) + (float64(2*atanh) + float64(float64(k)*ln2Lo))
}

// frexp returns f and k with x = f * 2^k, and f from half the square root of 2 to that
// root. x is positive.
func frexp(x float64) (f float64, k int) {
	const half, mantissa = 0x3fe6a09e667f3bcd, 52 // math.Sqrt2/2
	b := math.Float64bits(x)
	if b>>mantissa-1 < 0x7fe { // normal: without a branch, which half of all numbers would take
		e := int64(b-half) >> mantissa
		return math.Float64frombits(b - uint64(e)<<mantissa), int(e)
	}
	f, k = math.Frexp(x)
	if f < math.Sqrt2/2 {
		f = float64(f * 2)
		k--
	}
	return f, k
}

// Exp returns e to the power of x.
func Exp(x float64) float64 {
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

// Log10 returns the decimal logarithm of a positive number. That of a power of
// ten is a whole number.
func Log10(x float64) float64 {
	l := Ln(x) / math.Ln10
	if k := math.Round(l); math.Pow10(int(k)) == x {
		return k
	}
	return l
}

// Pow10 returns 10 to the power of x. Where x is a whole number it is the nearest
// to it.
func Pow10(x float64) float64 {
	k := math.Floor(x)
	p := math.Pow10(int(k))
	if x > k {
		p = float64(p * Exp(float64((x-k)*math.Ln10)))
	}
	return p
}

// Atan returns the angle, in radians, whose tangent is x.
func Atan(x float64) float64 {
	// Half of the angle, four times, leaves less than 0.1, where the series ends soon.
	const halvings = 4
	if x > 1e8 || x < -1e8 { // the square below would lose what counts
		return math.Copysign(math.Pi/2, x) - 1/x
	}
	for range halvings {
		x = x / (1 + math.Sqrt(1+float64(x*x)))
	}
	z := float64(x * x)
	sum := 0.0
	for n := 21; n >= 1; n -= 2 {
		sum = 1/float64(n) - float64(z*sum)
	}
	return float64(float64(x*sum) * (1 << halvings))
}
