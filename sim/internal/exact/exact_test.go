package exact_test

import (
	"math"
	"testing"

	"github.com/respool/respool/sim/internal/exact"
)

func TestAgreesWithPackageMath(t *testing.T) {
	near := func(name string, x, got, want float64) {
		if math.Abs(got-want) > 4e-15*math.Max(math.Abs(want), 1e-300) {
			t.Errorf("%s(%v) = %v, package math has %v", name, x, got, want)
		}
	}
	for x := 1e-9; x < 1e12; x *= 1.37 {
		near("Log10", x, exact.Log10(x), math.Log10(x))
		near("Atan", x, exact.Atan(x), math.Atan(x))
		near("Atan", -x, exact.Atan(-x), math.Atan(-x))
	}
	for x := -20.; x < 20; x += 0.37 {
		near("Pow10", x, exact.Pow10(x), math.Pow(10, x))
	}
	if exact.Atan(0) != 0 {
		t.Errorf("Atan(0) = %v", exact.Atan(0))
	}
}

func TestPowersOfTenAreWhole(t *testing.T) {
	for k := -300; k <= 300; k++ {
		if got := exact.Log10(math.Pow10(k)); got != float64(k) {
			t.Errorf("Log10 of 1e%d is %v", k, got)
		}
		if got := exact.Pow10(float64(k)); got != math.Pow10(k) {
			t.Errorf("Pow10(%d) = %v", k, got)
		}
	}
}

// Ln divides numbers at half the square root of 2, and takes a longer way for subnormal ones.
func TestLnOfAnyNumber(t *testing.T) {
	at := []float64{math.SmallestNonzeroFloat64, 3e-310, 0x1p-1022, 0.5, 1, 2, math.MaxFloat64}
	for k := -3; k <= 3; k++ {
		x := math.Ldexp(math.Sqrt2/2, k)
		at = append(at, math.Nextafter(x, 0), x, math.Nextafter(x, 10))
	}
	for x := 1e-320; x < 1e308; x *= 1.7 {
		at = append(at, x)
	}
	for _, x := range at {
		want := math.Log(x)
		if x < 0x1p-1022 { // math.Log is wrong for subnormal numbers on some machines
			want = math.Log(x*0x1p200) - 200*math.Ln2
		}
		if got := exact.Ln(x); math.Abs(got-want) > 4e-15*math.Abs(want) {
			t.Errorf("Ln(%v) = %v, package math has %v", x, got, want)
		}
	}
	if got := exact.Ln(math.Inf(1)); !math.IsInf(got, 1) && !math.IsNaN(got) {
		t.Errorf("Ln of infinity is %v", got)
	}
}
