package sim

import (
	"math"
	"testing"
)

// ulps is how many representable numbers got is away from want.
func ulps(got, want float64) float64 {
	next := math.Nextafter(math.Abs(want), math.Inf(1))
	return math.Abs(got-want) / (next - math.Abs(want))
}

func TestLnIsThatOfPackageMath(t *testing.T) {
	s := newStream(1, 1)
	check := func(x float64) {
		if got, want := ln(x), math.Log(x); ulps(got, want) > 2 {
			t.Fatalf("ln %v is %v, math.Log says %v", x, got, want)
		}
	}
	for range 300_000 {
		x := s.open01()
		check(x) // what is drawn
		check(1 + (x-0.5)/1e6)
		check(math.Ldexp(1+x, int(s.open01()*2000)-1000))
	}
	for _, x := range []float64{1, math.Sqrt2, math.Sqrt2 / 2, 0.5, 2, math.MaxFloat64, 1 - 0x1p-53, 0x1p-53} {
		check(x)
	}
	if got := ln(math.SmallestNonzeroFloat64); ulps(got, -1074*math.Ln2) > 2 {
		t.Errorf("ln of the least number is %v", got)
	}
	if got := ln(1); got != 0 || math.Signbit(got) {
		t.Errorf("ln 1 is %v", got)
	}
}

func TestExpIsThatOfPackageMath(t *testing.T) {
	s := newStream(1, 1)
	check := func(x float64) {
		if got, want := exp(x), math.Exp(x); ulps(got, want) > 2 {
			t.Fatalf("exp %v is %v, math.Exp says %v", x, got, want)
		}
	}
	for range 300_000 {
		x := s.open01()
		check(x - 0.5)
		check((x - 0.5) / 1e9)
		check(1400*x - 700)
	}
	for _, x := range []float64{0, 1, -1, math.Ln2, math.Ln2 / 2, 709, -700} {
		check(x)
	}
	if exp(710) != math.Inf(1) || exp(-746) != 0 || exp(math.Inf(-1)) != 0 || exp(math.Inf(1)) != math.Inf(1) {
		t.Errorf("ends: %v %v %v %v", exp(710), exp(-746), exp(math.Inf(-1)), exp(math.Inf(1)))
	}
}
