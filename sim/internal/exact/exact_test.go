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
