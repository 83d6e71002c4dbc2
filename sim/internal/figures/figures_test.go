package figures_test

import (
	"math"
	"testing"

	"github.com/respool/respool/sim/internal/figures"
)

func TestSeconds(t *testing.T) {
	for x, want := range map[float64]string{
		0: "0", 5e-9: "5ns", 1e-6: "1µs", 0.00302: "3.02ms", 0.0999999: "100ms", 1: "1s", 59.96: "60s",
		300: "5min", 86400: "24h", math.Inf(1): "never", -0.0015: "-1.5ms",
	} {
		if got := figures.Seconds(x); got != want {
			t.Errorf("Seconds(%v) = %s, want %s", x, got, want)
		}
	}
}

func TestPercentAndCount(t *testing.T) {
	for x, want := range map[float64]string{0: "0 %", 1: "100 %", 0.99999: ">99.9 %", 0.012: "1.2 %", 1e-9: "<0.001 %", 0.12345: "12.3 %"} {
		if got := figures.Percent(x); got != want {
			t.Errorf("Percent(%v) = %s, want %s", x, got, want)
		}
	}
	for n, want := range map[uint64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := figures.Count(n); got != want {
			t.Errorf("Count(%d) = %s, want %s", n, got, want)
		}
	}
	for x, want := range map[float64]string{0: "0", 0.00123: "0.00123", 1.5: "1.5", 100: "100", 123456: "123456", 1e-7: "0.0000001", 1e-308: "1e-308", -2.5e-9: "-2.5e-09"} {
		if got := figures.Number(x); got != want {
			t.Errorf("Number(%v) = %s, want %s", x, got, want)
		}
	}
}
