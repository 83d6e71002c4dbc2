package fit

import (
	"bytes"
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

// Kinds is the kinds of files.
var Kinds = []string{"log", "jsonl", "csv", "prometheus", "stats"}

// KindOf tells the kind of a file by its first line that is neither empty nor a comment.
func KindOf(data []byte) (kind, why string) {
	line := ""
	for text := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(text); line != "" && line[0] != '#' {
			break
		}
	}
	switch {
	case looksLikeJSONLines(data):
		return "jsonl", "it has a JSON object in each line"
	case strings.HasPrefix(line, "{") || strings.HasPrefix(line, "["):
		return "stats", "it is JSON"
	case logLine.MatchString(line):
		return "log", "its first line is that of an access log"
	case promLine.MatchString(line) && bytes.Contains(data, []byte("_bucket{")):
		return "prometheus", "it has buckets of a histogram"
	}
	return "csv", "it is none of the others"
}

// Read reads a file of a kind. A second file, of an earlier time, is taken off the first
// where counts add up since a program began.
func Read(kind string, data, earlier []byte, o *Options) (*Data, error) {
	switch kind {
	case "log":
		return readLog(data, o)
	case "jsonl":
		return readJSONLines(data, o)
	case "csv":
		return readCSV(data, o)
	case "prometheus":
		return readPrometheus(data, earlier, o)
	case "stats":
		return readStats(data, earlier, o)
	}
	return nil, fmt.Errorf("%q is no kind of file: there are %s", kind, strings.Join(Kinds, ", "))
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
}

// unitOf returns the unit that a name ends with, such as latency_ms or "took (ms)", or zero.
func unitOf(name string) time.Duration {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return strings.ContainsRune(" _-()[].", r) })
	if len(words) < 2 {
		return 0
	}
	return units[words[len(words)-1]]
}

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
