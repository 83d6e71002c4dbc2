package policy

import (
	"math"
	"testing"
	"time"
)

func TestCoDelValidate(t *testing.T) {
	for _, tc := range []struct {
		c    CoDel
		want string
	}{
		{CoDel{}, ""},
		{CoDel{Target: 1}, ""},
		{CoDel{Target: 5, Interval: 1}, ""},
		{CoDel{Target: -1}, "CoDel.Target is -1ns, must be positive"},
		{CoDel{Interval: time.Second}, "CoDel.Target is 0s, must be positive"},
		{CoDel{Target: 1, Interval: -1}, "CoDel.Interval is -1ns, must not be negative"},
	} {
		got := ""
		if err := tc.c.Validate(); err != nil {
			got = err.Error()
		}
		if got != tc.want {
			t.Errorf("%+v: %q, want %q", tc.c, got, tc.want)
		}
		if tc.c.IsZero() != (tc.c == CoDel{}) {
			t.Errorf("%+v is zero: %v", tc.c, tc.c.IsZero())
		}
	}
}

func TestCoDelBurst(t *testing.T) {
	for c, want := range map[CoDel]time.Duration{
		{}:                             0,
		{Target: 5 * time.Millisecond}: 100 * time.Millisecond,
		{Target: 5 * time.Millisecond, Interval: time.Second}: time.Second,
		{Target: math.MaxInt64 / 2}:                           math.MaxInt64,
	} {
		if got := c.Burst(); got != want {
			t.Errorf("%+v: %v, want %v", c, got, want)
		}
	}
}
