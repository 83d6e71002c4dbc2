package policy_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

func TestBackoffPause(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		b        policy.Backoff
		failures int
		draw     float64
		want     time.Duration
	}{
		{policy.Backoff{Max: 100 * ms}, 1, 0.5, 10 * ms},
		{policy.Backoff{Max: 100 * ms}, 2, 0, 20 * ms},
		{policy.Backoff{Max: 100 * ms}, 5, 0, 100 * ms},
		{policy.Backoff{Max: 100 * ms}, 1 << 40, 0, 100 * ms},
		{policy.Backoff{Max: 5}, 1, 0, 1},
		{policy.Backoff{First: 30 * ms, Max: 100 * ms, Factor: 1}, 1 << 40, 0, 30 * ms},
		{policy.Backoff{First: 30 * ms, Max: 100 * ms, Factor: 3}, 2, 0, 90 * ms},
		{policy.Backoff{First: 30 * ms, Max: 100 * ms, Factor: 3}, 3, 0, 100 * ms},
		{policy.Backoff{First: 10 * ms, Max: 100 * ms, Jitter: 0.2}, 2, 0.5, 18 * ms},
		{policy.Backoff{First: 10 * ms, Max: 100 * ms, Jitter: 1}, 9, 0.75, 25 * ms},
		{policy.Backoff{First: math.MaxInt64, Max: math.MaxInt64, Factor: 1e6}, 9, 0, math.MaxInt64},
	} {
		if got := c.b.Pause(c.failures, c.draw); got != c.want {
			t.Errorf("%+v after %d failures with %v: %v, want %v", c.b, c.failures, c.draw, got, c.want)
		}
	}
}

func TestBackoffValidate(t *testing.T) {
	for _, b := range []policy.Backoff{{}, {Max: 1}, {First: 1, Max: 1}, {Max: 9, Factor: 1, Jitter: 1}} {
		if err := b.Validate(); err != nil {
			t.Errorf("%+v: %v", b, err)
		}
	}
	for want, b := range map[string]policy.Backoff{
		"Backoff.Max is 0s":     {First: 1},
		"Backoff.Max is -1ns":   {Max: -1},
		"Backoff.First is 2ns":  {First: 2, Max: 1},
		"Backoff.First is -1ns": {First: -1, Max: 1},
		"Backoff.Factor is 0.5": {Max: 1, Factor: 0.5},
		"Backoff.Factor is NaN": {Max: 1, Factor: math.NaN()},
		"Backoff.Jitter is 1.5": {Max: 1, Jitter: 1.5},
		"Backoff.Jitter is NaN": {Max: 1, Jitter: math.NaN()},
	} {
		if err := b.Validate(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", b, err, want)
		}
	}
}
