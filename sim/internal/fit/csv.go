package fit

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/respool/respool/sim/internal/values"
)

// The headings that are understood, without a unit.
var (
	timeNames    = []string{"time", "timestamp", "arrival", "arrived", "start", "started", "ts", "at", "datetime", "date"}
	latencyNames = []string{"latency", "duration", "elapsed", "took", "response_time", "request_time", "hold", "service_time", "rt"}
)

// readCSV reads a table with a heading: a column with the instants of arrival, one with
// latencies, or both.
func readCSV(data []byte, o *Options) (*Data, error) {
	r := csv.NewReader(bytes.NewReader(data))
	first, _, _ := bytes.Cut(data, []byte("\n"))
	for _, c := range ";\t" {
		if bytes.ContainsRune(first, c) && !bytes.ContainsRune(first, ',') {
			r.Comma = c
		}
	}
	r.Comment, r.FieldsPerRecord, r.TrimLeadingSpace = '#', -1, r.Comma != '\t'
	heading, err := r.Read()
	if err != nil {
		return nil, csvError(err)
	}
	at, latency, err := columns(heading, o)
	if err != nil {
		return nil, err
	}
	d := &Data{Kind: "csv"}
	var instants []int64
	var took []time.Duration
	var form timeForm
	for {
		row, err := r.Read()
		if err == io.EOF {
			break
		} else if err != nil {
			return nil, csvError(err)
		}
		line, _ := r.FieldPos(0)
		t, l, err := readRow(row, at, latency, heading, &form, o)
		if err != nil {
			if !o.Skip {
				return nil, lineError(line, "%v", err)
			}
			d.Skipped = append(d.Skipped, line)
			continue
		}
		instants, took = append(instants, t), append(took, l)
	}
	if len(instants) == 0 {
		return nil, errors.New("there is no row with values")
	}
	if latency >= 0 {
		d.Latency = SampleOf(took)
		d.Notes = append(d.Notes, fmt.Sprintf("the column %q is how long a request took", heading[latency]))
	}
	if at >= 0 {
		if form.absolute {
			d.Begin = time.Unix(0, slices.Min(instants)).UTC()
		}
		d.Arrivals = arrivalsOf(instants, resolutionOf(instants))
		d.Notes = append(d.Notes, fmt.Sprintf("the column %q is when it arrived: %s", heading[at], form.text))
	}
	return d, nil
}

func csvError(err error) error {
	if bad := (*csv.ParseError)(nil); errors.As(err, &bad) {
		return lineError(bad.Line, "%v", bad.Err)
	}
	if err == io.EOF {
		return errors.New("the file is empty")
	}
	return err
}

// columns returns the columns of arrivals and latencies, or -1.
func columns(heading []string, o *Options) (at, latency int, err error) {
	find := func(named string, known []string, flag string) (int, error) {
		for i, h := range heading {
			h = strings.TrimSpace(h)
			if named != "" && h == named {
				return i, nil
			}
			if named == "" && slices.Contains(known, plainHeading(h)) {
				return i, nil
			}
		}
		if named != "" {
			return -1, fmt.Errorf("%s: there is no column %q; there are %s", flag, named, strings.Join(heading, ", "))
		}
		return -1, nil
	}
	if at, err = find(o.Time, timeNames, "-time"); err != nil {
		return
	}
	if latency, err = find(o.Latency, latencyNames, "-latency"); err != nil {
		return
	}
	if at < 0 && latency < 0 {
		err = fmt.Errorf("line 1: no heading says what a column is: name the columns with -time and -latency; there are %s", strings.Join(heading, ", "))
	}
	return
}

// plainHeading is a heading in lower case without its unit.
func plainHeading(h string) string {
	h = strings.ToLower(h)
	words := strings.FieldsFunc(h, func(r rune) bool { return strings.ContainsRune(" _-()[]", r) })
	if len(words) > 1 && units[words[len(words)-1]] != 0 {
		words = words[:len(words)-1]
	}
	return strings.Join(words, "_")
}

func readRow(row []string, at, latency int, heading []string, form *timeForm, o *Options) (t int64, l time.Duration, err error) {
	cell := func(i int) (string, error) {
		if i >= len(row) || strings.TrimSpace(row[i]) == "" {
			return "", fmt.Errorf("the column %q is empty", heading[i])
		}
		return strings.TrimSpace(row[i]), nil
	}
	text := ""
	if at >= 0 {
		if text, err = cell(at); err == nil {
			t, err = form.read(text, heading[at])
		}
	}
	if latency >= 0 && err == nil {
		if text, err = cell(latency); err == nil {
			l, err = readLatency(text, heading[latency], o.Unit)
		}
	}
	return t, l, err
}

// timeForm is how the instants of a column are written: that of the first holds for all.
type timeForm struct {
	text     string
	layout   string
	unit     time.Duration
	absolute bool
}

var layouts = []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999 -0700"}

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
		return int64(d), err
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
	for _, layout := range layouts {
		if _, err := time.Parse(layout, text); err == nil {
			f.layout, f.absolute, f.text = layout, true, "points in time"
			return
		}
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
