package sim

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// unit is the unit of numbers in a column that have none of their own.
type unit struct {
	of   time.Duration
	name string
}

var units = []struct {
	unit
	words string
}{
	{unit{time.Nanosecond, "nanoseconds"}, "ns nsec nsecs nano nanos nanosecond nanoseconds"},
	{unit{time.Microsecond, "microseconds"}, "us µs μs usec usecs micro micros microsecond microseconds"},
	{unit{time.Millisecond, "milliseconds"}, "ms msec msecs milli millis millisecond milliseconds"},
	{unit{time.Second, "seconds"}, "s sec secs second seconds"},
	{unit{time.Minute, "minutes"}, "minute minutes mins"},
	{unit{time.Hour, "hours"}, "hour hours hrs"},
}

// unitOf returns the unit in the name of a column, such as latency_ms, "latency (ms)" or
// latencyMs. Without a unit it returns zero.
func unitOf(heading string) (found unit, err error) {
	for _, word := range words(heading) {
		for _, u := range units {
			for _, name := range strings.Fields(u.words) {
				if word != name || found == u.unit {
					continue
				}
				if found.of != 0 {
					return found, fmt.Errorf("the heading %q names two units, %s and %s", heading, found.name, u.name)
				}
				found = u.unit
			}
		}
	}
	return found, nil
}

// words returns the words of a name in small letters. A word ends at a character that is no
// letter, and begins at a capital.
func words(name string) (all []string) {
	var word []rune
	end := func() {
		if len(word) > 0 {
			all = append(all, strings.ToLower(string(word)))
		}
		word = nil
	}
	small := false
	for _, c := range name {
		if !unicode.IsLetter(c) {
			end()
			small = false
			continue
		}
		if unicode.IsUpper(c) && small {
			end()
		}
		word = append(word, c)
		small = unicode.IsLower(c)
	}
	end()
	return all
}
