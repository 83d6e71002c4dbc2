package fit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// The names of fields that are understood, besides those of a CSV file. A name is written
// alike for all: duration_ms, durationMs and Duration are the duration.
var (
	moreLatencyNames = []string{"response_time", "request_time", "latency", "duration", "elapsed", "took", "elapsed_time", "total_time", "time_taken",
		"total_duration", "request_duration", "dur", "rt"}
	moreTimeNames = []string{"start", "started", "start_time", "started_at", "start_utc", "arrival", "arrived", "time", "timestamp", "ts", "time_local",
		"time_iso8601", "msec", "date", "datetime", "at"}
)

// conventions are units of fields that have none in their names.
var conventions = map[string]struct {
	unit time.Duration
	of   string
}{
	"event.duration": {time.Nanosecond, "the Elastic Common Schema has it in nanoseconds"},
	"responseTime":   {time.Millisecond, "pino has it in milliseconds"},
}

// tallied is how many lines decide which field is which.
const tallied = 1000

// record is one line: an object.
type record map[string]any

// readJSONLines reads a log of one JSON object a line.
func readJSONLines(data []byte, o *Options) (*Data, error) {
	return readRecords("jsonl", data, o, parseRecord)
}

// readRecords reads a log with a record in each line.
func readRecords(kind string, data []byte, o *Options, parse func(line string) (record, error)) (*Data, error) {
	fields, err := chooseFields(data, o, parse)
	if err != nil {
		return nil, err
	}
	d := &Data{Kind: kind}
	column := jsonColumn{fields: fields, parse: parse}
	n := 0
	for text := range strings.Lines(string(data)) {
		n++
		if strings.TrimSpace(text) == "" {
			continue
		}
		if err := column.add(text); err != nil {
			if !o.Skip {
				return nil, lineError(n, "%v", err)
			}
			d.Skipped = append(d.Skipped, n)
		}
	}
	if len(column.latencies) == 0 {
		return nil, errors.New("there is no line that can be read")
	}
	took, unit, err := column.durations(o.Unit)
	if err != nil {
		return nil, err
	}
	d.Latency = SampleOf(took)
	d.Notes = append(d.Notes, fmt.Sprintf("the field %q is how long a request took, %s", fields.latency, unit))
	if fields.at != "" {
		column.arrivals(d, took)
	}
	if column.others > 0 {
		d.Notes = append(d.Notes, fmt.Sprintf("%d of %d lines have no field %q: they are no requests, and left out",
			column.others, column.others+len(took), fields.latency))
	}
	return d, nil
}

// jsonFields is the paths of the fields, with dots between the names. Without at there are
// no arrivals.
type jsonFields struct {
	latency, at string
}

// chooseFields chooses the fields by their names: those that most lines have, and of several
// the name that is first in the list.
func chooseFields(data []byte, o *Options, parse func(line string) (record, error)) (f jsonFields, err error) {
	counts, lines := map[string]int{}, 0
	for text := range strings.Lines(string(data)) {
		r, err := parse(text)
		if err != nil {
			continue // it is reported when it is read
		}
		r.walk("", func(path string, value any) {
			if _, ok := scalar(value); ok {
				counts[path]++
			}
		})
		if lines++; lines == tallied {
			break
		}
	}
	if lines == 0 {
		_, err := parse(firstLine(data))
		return f, fmt.Errorf("no line can be read: %w", err)
	}
	pick := func(named []string, flag string, known []string) (string, error) {
		for _, name := range named {
			if name == "" {
				continue
			}
			if counts[name] == 0 {
				return "", fmt.Errorf("%s: no line has a field %q; there are %s", flag, name, pathsOf(counts))
			}
			return name, nil
		}
		return bestPath(counts, known), nil
	}
	if f.latency, err = pick([]string{o.Field, o.Latency}, "-field", moreLatencyNames); err != nil {
		return f, err
	}
	if f.latency == "" {
		return f, fmt.Errorf("no name of a field says how long a request took: name it with -field; there are %s", pathsOf(counts))
	}
	f.at, err = pick([]string{o.Time}, "-time", moreTimeNames)
	return f, err
}

// bestPath returns the path with a known name that most lines have, or "".
func bestPath(counts map[string]int, known []string) (best string) {
	rank := func(path string) int { return slices.Index(known, plainField(path)) }
	better := func(a, b string) bool {
		switch {
		case counts[a] != counts[b]:
			return counts[a] > counts[b]
		case rank(a) != rank(b):
			return rank(a) < rank(b)
		case strings.Count(a, ".") != strings.Count(b, "."):
			return strings.Count(a, ".") < strings.Count(b, ".")
		}
		return a < b
	}
	for path := range counts {
		if rank(path) >= 0 && (best == "" || better(path, best)) {
			best = path
		}
	}
	return best
}

func pathsOf(counts map[string]int) string {
	var all []string
	for path := range counts {
		all = append(all, path)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// plainField is the last name of a path as a heading of a table has it: responseTime, and
// response_time_ms, are response_time.
func plainField(path string) string {
	return plainHeading(snake(path[strings.LastIndexByte(path, '.')+1:]))
}

// snake writes a name with underscores before its capitals.
func snake(name string) string {
	var b strings.Builder
	lower := false
	for _, c := range strings.TrimPrefix(name, "@") {
		if unicode.IsUpper(c) && lower {
			b.WriteByte('_')
		}
		lower = unicode.IsLower(c) || unicode.IsDigit(c)
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

func parseRecord(text string) (record, error) {
	text = strings.TrimSpace(text)
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var r record
	if !strings.HasPrefix(text, "{") || d.Decode(&r) != nil || d.More() {
		return nil, fmt.Errorf("not a JSON object: %s", shortened(text))
	}
	return r, nil
}

func shortened(text string) string {
	const most = 40
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "..."
	}
	return text
}

// walk calls f with each field of an object, and of the objects in it.
func (r record) walk(prefix string, f func(path string, value any)) {
	for name, value := range r {
		if inner, ok := value.(map[string]any); ok {
			record(inner).walk(prefix+name+".", f)
		} else {
			f(prefix+name, value)
		}
	}
}

// find returns the value at a path. A name may have dots itself.
func (r record) find(path string) (string, bool) {
	if value, ok := r[path]; ok {
		return scalar(value)
	}
	for i, c := range path {
		if inner, ok := r[path[:i]].(map[string]any); ok && c == '.' {
			if text, ok := record(inner).find(path[i+1:]); ok {
				return text, true
			}
		}
	}
	return "", false
}

// scalar returns a number or a text that is not empty.
func scalar(value any) (string, bool) {
	switch v := value.(type) {
	case json.Number:
		return v.String(), true
	case string:
		return strings.TrimSpace(v), strings.TrimSpace(v) != ""
	}
	return "", false
}

// looksLikeJSONLines reports whether one of the first lines is an object that is a request,
// or several are objects.
func looksLikeJSONLines(data []byte) bool {
	const looked = 50
	n, objects := 0, 0
	for text := range bytes.Lines(data) {
		if n++; n > looked {
			break
		}
		r, err := parseRecord(string(text))
		if err != nil {
			continue
		}
		counts := map[string]int{}
		r.walk("", func(path string, _ any) { counts[path]++ })
		if objects++; objects > 1 || bestPath(counts, moreLatencyNames) != "" {
			return true
		}
	}
	return false
}
