package sim

import (
	"math"
	"testing"
)

func TestOpen01IsNeverAnEnd(t *testing.T) {
	// What open01 makes of the least and the greatest number that can be drawn.
	for _, u := range []uint64{0, math.MaxUint64} {
		if x := (float64(u>>12) + 0.5) / (1 << 52); x <= 0 || x >= 1 {
			t.Errorf("%x gives %v", u, x)
		}
	}
	s := newStream(7, 7)
	for range 100_000 {
		if x := s.open01(); x <= 0 || x >= 1 {
			t.Fatal(x)
		}
	}
}

func TestStreamsOfOneSeedDiffer(t *testing.T) {
	seen := map[uint64]uint64{}
	for purpose := arrivals; purpose < purposesEnd; purpose++ {
		for seed := range uint64(100) {
			x := newStream(seed, purpose).pcg.Uint64()
			if seen[x]++; seen[x] > 1 {
				t.Fatalf("seed %d, purpose %d begins as another does", seed, purpose)
			}
		}
	}
}

func TestNormalIsNormal(t *testing.T) {
	const n = 400_000
	s := newStream(3, 1)
	var sum, squares, fourths, tail float64
	for range n {
		x := s.normal()
		sum += x
		squares += x * x
		fourths += x * x * x * x
		if math.Abs(x) > 1.959964 {
			tail++
		}
	}
	// The deviations of the means of x, x^2 and x^4 are 1, sqrt 2 and sqrt 96 over
	// the root of n.
	root := math.Sqrt(n)
	if math.Abs(sum/n) > 4.5/root || math.Abs(squares/n-1) > 4.5*math.Sqrt2/root ||
		math.Abs(fourths/n-3) > 4.5*math.Sqrt(96)/root || math.Abs(tail/n-0.05) > 4.5*0.218/root {
		t.Errorf("moments %v, %v, %v, tail %v", sum/n, squares/n, fourths/n, tail/n)
	}
}

func TestChance(t *testing.T) {
	s := newStream(1, 1)
	for range 1000 {
		if s.chance(0) || !s.chance(1) {
			t.Fatal("a probability of 0 came true, or one of 1 did not")
		}
	}
}

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
	onOneGoroutine(t)
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
