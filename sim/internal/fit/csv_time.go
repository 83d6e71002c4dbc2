package fit

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/respool/respool/sim/internal/values"
)

// timeForm is how the instants of a column are written. The form of the first one holds for all.
type timeForm struct {
	text     string
	layout   string
	unit     time.Duration
	absolute bool
}

var layouts = []string{
	time.RFC3339Nano, "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999 -0700", "2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02T15:04:05.999999999-0700", "02/Jan/2006:15:04:05 -0700",
}

// layoutOf returns how a point in time is written, or "" if the text is not one.
func layoutOf(text string) string {
	for _, layout := range layouts {
		if _, err := time.Parse(layout, text); err == nil {
			return layout
		}
	}
	return ""
}

func (f *timeForm) read(text, heading string) (int64, error) {
	if f.text == "" {
		f.find(text, heading)
	}
	if f.layout != "" {
		t, err := time.Parse(f.layout, text)
		if err != nil {
			return 0, fmt.Errorf("%q is not a time such as 2026-11-28T10:00:00Z", text)
		}
		return t.UnixNano(), nil
	}
	if f.unit == 0 {
		d, err := values.Duration(text)
		if err != nil {
			return 0, fmt.Errorf("%q is not an instant: write 2026-11-28T10:00:00Z, seconds since 1970, or a time since the beginning with a unit", text)
		}
		return int64(d), nil
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || x != x || x < 0 || float64(x*float64(f.unit)) >= math.MaxInt64 {
		return 0, fmt.Errorf("%q is not an instant: the column has %s", text, f.text)
	}
	// Whole numbers of nanoseconds have more digits than a float64.
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n * int64(f.unit), nil
	}
	return int64(math.Round(float64(x * float64(f.unit)))), nil
}

// find finds how instants are written. Numbers since 1970 are told apart by their size.
func (f *timeForm) find(text, heading string) {
	if layout := layoutOf(text); layout != "" {
		f.layout, f.absolute, f.text = layout, true, "points in time"
		return
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		f.text = "times since the beginning, with their units"
		return
	}
	if f.unit = unitOf(heading); f.unit != 0 {
		f.absolute = float64(x*float64(f.unit)) > 1e18
		f.text = fmt.Sprintf("a number with the unit of its heading, %v", f.unit)
		return
	}
	for _, size := range []struct {
		above float64
		unit  time.Duration
		name  string
	}{{1e17, time.Nanosecond, "nanoseconds"}, {1e14, time.Microsecond, "microseconds"}, {1e11, time.Millisecond, "milliseconds"}, {1e8, time.Second, "seconds"}} {
		if x > size.above {
			f.unit, f.absolute, f.text = size.unit, true, size.name+" since 1970, by their size"
			return
		}
	}
	f.unit, f.text = time.Second, "seconds since the beginning, as without a unit in a scenario's files"
}
