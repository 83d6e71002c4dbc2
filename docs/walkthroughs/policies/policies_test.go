package main

import (
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// TestRotation wants every connection to be closed after it was opened, and before its password ends. The server accepts
// password n from the overlap before its period to the end of the period.
func TestRotation(t *testing.T) {
	const period = 10 * time.Minute
	for _, overlap := range []time.Duration{0, time.Second, 2 * time.Minute} {
		for _, since := range []time.Duration{0, time.Second, 9 * time.Minute} {
			p := rotation{period: period, overlap: overlap, since: since}
			for opened := time.Duration(0); opened < 3*period; opened += 999 * time.Millisecond {
				for _, draw := range []float64{0, 0.5, 0.999999} {
					until := p.Expiry(policy.Info{Opened: policy.Instant(opened), Draw: draw}).Until
					n := (opened + since + overlap) / period
					if end := policy.Instant((n+1)*period - since); until > end || until <= policy.Instant(opened) {
						t.Fatalf("%+v, opened at %v, draw %v: until %v, password until %v", p, opened, draw, until, end)
					}
				}
			}
		}
	}
}

func TestEarned(t *testing.T) {
	for uses, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 7: 64 * time.Second, 1000: 64 * time.Second} {
		if got := earned(policy.Info{Returned: 5, Uses: uses}).Until; got != policy.Instant(5).Add(want) {
			t.Errorf("after %d uses: until %v, want %v more than 5ns", uses, got, want)
		}
	}
}
