package fit

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Data is what a file has of latencies and arrivals.
type Data struct {
	Kind     string    // of the file
	Latency  *Sample   // nil: none
	Arrivals *Arrivals // nil: none
	Begin    time.Time // of the first arrival; zero: not known
	Rate     float64   // a second, where there are no arrivals one by one; zero: not known
	// Notes is what the reader has understood, and what it has assumed.
	Notes []string
	// Skipped is the lines that were left out, if the options allow that.
	Skipped []int
	// MaxActive and Open are a pool's own, zero and nil where they are not known.
	MaxActive int
	Open      *Sample
}

// Options is how a file is to be read, where it does not say so itself.
type Options struct {
	Unit    string        // of latencies without one: s, ms, us or ns
	Field   string        // of an access log or JSON lines: the name of the field with the latency
	Time    string        // the column of a CSV file, or the field of JSON lines, with the instants of arrival
	Latency string        // the column with the latencies
	Metric  string        // of Prometheus: the name of the histogram
	Over    time.Duration // the time in which a histogram was counted
	Pool    string        // of a pool's statistics: its name
	Skip    bool          // leave out lines that cannot be read
}

// lineError is an error with its line.
func lineError(line int, format string, args ...any) error {
	return fmt.Errorf("line %d: %s", line, fmt.Sprintf(format, args...))
}

// units is the names of units.
var units = map[string]time.Duration{
	"s": time.Second, "sec": time.Second, "secs": time.Second, "second": time.Second, "seconds": time.Second,
	"ms": time.Millisecond, "msec": time.Millisecond, "millis": time.Millisecond, "milliseconds": time.Millisecond,
	"us": time.Microsecond, "µs": time.Microsecond, "μs": time.Microsecond, "micros": time.Microsecond, "microseconds": time.Microsecond,
	"ns": time.Nanosecond, "nanos": time.Nanosecond, "nanoseconds": time.Nanosecond,
	"minute": time.Minute, "minutes": time.Minute, "mins": time.Minute, "hour": time.Hour, "hours": time.Hour,
}

// unitOf returns the unit that a name ends with, such as latency_ms or "took (ms)", or zero.
func unitOf(name string) time.Duration {
	return units[lastWord(name)]
}

// lastWord returns the last of two or more words of a name, in small letters, or "".
func lastWord(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return strings.ContainsRune(" _-()[].", r) })
	if len(words) < 2 {
		return ""
	}
	return words[len(words)-1]
}

// unclear reports whether a name ends with a word that may be a unit or not: min is minutes,
// or the least of several.
func unclear(name string) bool { return lastWord(name) == "min" }

// arrivalsOf sorts instants, in nanoseconds, and makes them relative to the first.
func arrivalsOf(at []int64, resolution time.Duration) *Arrivals {
	slices.Sort(at)
	a := &Arrivals{Resolution: resolution}
	for _, t := range at {
		a.At = append(a.At, time.Duration(t-at[0]))
	}
	return a
}

// resolutionOf returns the coarsest of a second, a millisecond and so on that all instants
// are whole multiples of.
func resolutionOf(at []int64) time.Duration {
	for _, unit := range []time.Duration{time.Second, time.Millisecond, time.Microsecond} {
		if !slices.ContainsFunc(at, func(t int64) bool { return t%int64(unit) != 0 }) {
			return unit
		}
	}
	return time.Nanosecond
}
