package nearest_test

import (
	"testing"

	"github.com/respool/respool/sim/internal/nearest"
)

func TestOf(t *testing.T) {
	known := []string{"hold", "rate", "max_active", "max_idle", "open-latency", "wait"}
	for text, want := range map[string]string{
		"holdd": "hold", "hodl": "hold", "maxActive": "max_active", "max-activ": "max_active", "open": "open-latency",
		"Wait": "wait", "rat": "rate", "elephant": "", "x": "", "maxidle": "max_idle",
	} {
		if got := nearest.Of(text, known); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
