package pooldebug

import (
	"testing"
	"time"

	"github.com/respool/respool/resource"
)

func TestShort(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 9999: "9999", 12345: "12.3k", 654321: "654k", 1234567: "1.23M", 5e9: "5G", 7e12: "7T", 18e18: "1.8e+04P"} {
		if got := short(n); got != want {
			t.Errorf("short(%d) is %s, want %s", n, got, want)
		}
	}
}

// TestChart checks that a picture shows every duration, inside of its frame.
func TestChart(t *testing.T) {
	for name, all := range map[string][]time.Duration{
		"one":       {time.Millisecond},
		"zero":      {0},
		"far apart": {1, time.Microsecond, time.Second, 100 * time.Hour},
		"many":      {time.Millisecond, time.Millisecond, 2 * time.Millisecond, 9 * time.Millisecond, 99 * time.Millisecond},
	} {
		c := chartOf("Wait", "", resource.HistogramOf(all...))
		if c.Empty || len(c.Bars) == 0 || len(c.Ticks) < 2 {
			t.Fatalf("%s: %+v", name, c)
		}
		tallest := 0.0
		for _, b := range c.Bars {
			tallest = max(tallest, b.Height)
			if b.X < 0 || b.X+b.Width > chartWidth || b.Height < 1 || b.Y < 0 || b.Y+b.Height > chartHeight+1e-9 {
				t.Errorf("%s: the bar %+v is not in the picture", name, b)
			}
		}
		if tallest != chartHeight {
			t.Errorf("%s: the tallest bar has the height %v", name, tallest)
		}
		for _, m := range append(c.Marks, c.Ticks...) {
			if m.X < 0 || m.X > chartWidth {
				t.Errorf("%s: the mark %+v is not in the picture", name, m)
			}
		}
		if first, last := c.Ticks[0], c.Ticks[len(c.Ticks)-1]; first.X != 0 || last.X != chartWidth {
			t.Errorf("%s: the scale goes from %v to %v", name, first.X, last.X)
		}
	}
	if c := chartOf("Wait", "", resource.Histogram{}); !c.Empty || len(c.Bars) > 0 {
		t.Errorf("without durations: %+v", c)
	}
}

func TestBar(t *testing.T) {
	for _, st := range []resource.Stats{
		{}, {MaxActive: 4}, {MaxActive: 4, Active: 4, Leased: 2, Idle: 1, Closing: 1}, {Active: 7, Leased: 3, Idle: 4},
		{MaxActive: 2, Active: 5, Leased: 5}, // after Resize
	} {
		b := barOf(st)
		sum := 0.0
		for _, s := range b.Segments {
			if s.X != sum {
				t.Errorf("%+v: %s begins at %v, and the one before ends at %v", st, s.State, s.X, sum)
			}
			sum += s.Width
		}
		if full := st.Active > 0 && st.Active >= st.MaxActive; sum > 1000.0001 || full != (sum > 999.9) {
			t.Errorf("%+v: the segments are %v wide together", st, sum)
		}
		if len(b.Legend) != len(states) {
			t.Errorf("the legend has %d states", len(b.Legend))
		}
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 7: "7ns", 1234: "1.23µs", 123456789: "123ms", 61234567890: "1m1.2s",
		time.Hour + 90*time.Second: "1h1m30s", 25*time.Hour + time.Second: "25h0m0s",
	} {
		if got := span(d); got != want {
			t.Errorf("span(%d) is %s, want %s", d, got, want)
		}
	}
}
