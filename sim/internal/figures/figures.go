// Package figures writes numbers for people: three digits, and the unit that
// fits.
package figures

import (
	"math"
	"strconv"
	"strings"

	"github.com/respool/respool/sim/internal/exact"
)

// Seconds writes a time that is given in seconds: 3.02ms.
func Seconds(s float64) string {
	size := math.Abs(s)
	switch {
	case math.IsInf(s, 0) || math.IsNaN(s):
		return "never"
	case s == 0:
		return "0"
	case size < 0.9995e-6:
		return digits(float64(s*1e9)) + "ns"
	case size < 0.9995e-3:
		return digits(float64(s*1e6)) + "µs"
	case size < 0.9995:
		return digits(float64(s*1e3)) + "ms"
	case size < 119.5:
		return digits(s) + "s"
	case size < 7170:
		return digits(s/60) + "min"
	}
	return digits(s/3600) + "h"
}

// Percent writes a share: 0.012 is 1.2 %.
func Percent(share float64) string {
	switch p := float64(share * 100); {
	case p == 0:
		return "0 %"
	case p < 100 && p > 99.95:
		return ">99.9 %" // what is not all must not look like it
	case p < 0.0005:
		return "<0.001 %"
	default:
		return digits(p) + " %"
	}
}

// Count writes a whole number with its thousands apart: 1,000,000.
func Count(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Number writes a number with up to three digits, more before the point. A very small
// number has an exponent.
func Number(x float64) string { return digits(x) }

func digits(x float64) string {
	if x == 0 {
		return "0"
	}
	const least = 1e-7 // below it there are fewer than three digits of nine decimals
	if math.Abs(x) < least {
		return strconv.FormatFloat(x, 'g', 3, 64)
	}
	before := int(math.Floor(exact.Log10(math.Abs(x)))) + 1
	s := strconv.FormatFloat(x, 'f', min(max(3-before, 0), 9), 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}
