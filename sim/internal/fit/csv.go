package fit

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/respool/respool/sim/internal/values"
)

// The headings that are understood, without a unit.
var (
	timeNames    = []string{"time", "timestamp", "arrival", "arrived", "start", "started", "ts", "at", "datetime", "date"}
	latencyNames = []string{"latency", "duration", "elapsed", "took", "response_time", "request_time", "hold", "service_time", "rt"}
)

// tableForm is what is known of a table before it is read.
type tableForm struct {
	kind        string
	heading     []string // if the table has none
	at, latency string   // the columns; if they are empty, the headings decide
	unit        string   // of latencies without one
	ends        bool     // an instant is the end of a request
	first       string   // what the first column of a request has; empty: anything
	note        string
}

// readTable reads a table with a heading: a column with the instants of arrival, one with
// latencies, or both.
func readTable(data []byte, known *tableForm, given *Options) (*Data, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errors.New("the file is empty")
	}
	o, r := known.complete(*given), rowsOf(data)
	heading, err := readHeading(r, known)
	if err != nil {
		return nil, err
	}
	at, latency, err := columns(heading, &o)
	if err != nil {
		return nil, err
	}
	var form timeForm
	others := 0
	instants, took, skipped, err := readRows(r, func(row []string) (int64, time.Duration, error) {
		if known.first != "" && row[0] != known.first {
			others++
			return 0, 0, errNoRequest
		}
		if known.heading == nil {
			if err := noLongerRow(row, heading); err != nil {
				return 0, 0, err
			}
		}
		if r.Comma != ',' {
			if err := unitOfComma(row, latency, heading, &o); err != nil {
				return 0, 0, err
			}
			decimalPoints(row)
		}
		return readRow(row, at, latency, heading, &form, &o)
	}, o.Skip)
	if err != nil {
		return nil, err
	}
	d := &Data{Kind: known.kind, Skipped: skipped, Notes: known.notes(others, len(instants))}
	if latency >= 0 {
		d.Latency = SampleOf(took)
		d.Notes = append(d.Notes, fmt.Sprintf("the column %q is how long a request took", heading[latency]))
	}
	if at >= 0 {
		if !known.ends || latency < 0 {
			took = nil
		}
		d.setArrivals(instants, took, heading[at], &form)
	}
	return d, nil
}

// rowsOf returns the rows of a table.
func rowsOf(data []byte) *csv.Reader {
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma = separatorOf(data)
	r.Comment, r.FieldsPerRecord, r.TrimLeadingSpace = '#', -1, r.Comma != '\t'
	return r
}

// notes says what a reader of the result has to know. Some rows were requests, and others
// were not.
func (f *tableForm) notes(others, requests int) (all []string) {
	if f.note != "" {
		all = append(all, f.note)
	}
	if others > 0 {
		all = append(all, fmt.Sprintf("%d of %d rows are not of %s, and left out", others, others+requests, f.first))
	}
	return all
}

// setArrivals takes the instants of a column. If it has the ends of requests, took is how
// long each took; otherwise took is nil.
func (d *Data) setArrivals(instants []int64, took []time.Duration, column string, form *timeForm) {
	resolution, what := resolutionOf(instants), "when it arrived"
	if took != nil {
		what = "when it ended"
		for i := range instants {
			instants[i] -= int64(took[i])
		}
	}
	if form.absolute {
		d.Begin = time.Unix(0, slices.Min(instants)).UTC()
	}
	d.Arrivals = arrivalsOf(instants, resolution)
	d.Notes = append(d.Notes, fmt.Sprintf("the column %q is %s: %s", column, what, form.text))
}

// complete adds what is known of the table to options that do not say it.
func (f *tableForm) complete(o Options) Options {
	for _, of := range []struct {
		option *string
		known  string
	}{{&o.Time, f.at}, {&o.Latency, f.latency}, {&o.Unit, f.unit}} {
		if *of.option == "" {
			*of.option = of.known
		}
	}
	return o
}

// readHeading returns the names of the columns. The rows are next.
func readHeading(r *csv.Reader, known *tableForm) ([]string, error) {
	heading, err := known.heading, error(nil)
	if heading == nil {
		heading, err = r.Read()
	}
	if err == nil && separatorLine(strings.Join(heading, string(r.Comma))) {
		heading, err = r.Read()
	}
	if err != nil {
		return nil, csvError(err)
	}
	if !slices.ContainsFunc(heading, isName) {
		line, _ := r.FieldPos(0)
		return nil, lineError(line, "there is no heading: put a line before it that names the columns, such as time,latency_ms")
	}
	return heading, nil
}

// readRows reads the rows behind the heading. With skip it leaves out the rows that cannot be
// read, and returns their lines.
func readRows(r *csv.Reader, read func(row []string) (int64, time.Duration, error), skip bool) (
	instants []int64, took []time.Duration, skipped []int, err error) {
	for {
		row, err := r.Read()
		if err == io.EOF {
			break
		} else if err != nil {
			return nil, nil, nil, csvError(err)
		}
		line, _ := r.FieldPos(0)
		at, latency, err := read(row)
		if errors.Is(err, errNoRequest) {
			continue
		}
		if err != nil {
			if !skip {
				return nil, nil, nil, lineError(line, "%v", err)
			}
			skipped = append(skipped, line)
			continue
		}
		instants, took = append(instants, at), append(took, latency)
	}
	if len(instants) == 0 {
		return nil, nil, nil, errors.New("there is no row with values")
	}
	return instants, took, skipped, nil
}

// noLongerRow refuses a row with more fields than the heading: its fields may belong to other
// columns, since one of them was taken apart at a comma.
func noLongerRow(row, heading []string) error {
	n := len(row)
	for n > 0 && strings.TrimSpace(row[n-1]) == "" {
		n--
	}
	if n > len(heading) {
		return fmt.Errorf("the row has %d fields, and the heading %d: quote a field that has the separator in it, or name all columns", n, len(heading))
	}
	return nil
}

// separatorOf returns the separator of a table: that of which the first line has the most.
// Spreadsheets also name it there, as in sep=;.
func separatorOf(data []byte) rune {
	found, most := ',', 0
	for text := range strings.Lines(string(data)) {
		line := strings.TrimSpace(text)
		if line == "" || line[0] == '#' {
			continue
		}
		for _, c := range ",;\t" {
			if n := strings.Count(line, string(c)); n > most {
				found, most = c, n
			}
		}
		break
	}
	return found
}

func separatorLine(line string) bool { return strings.HasPrefix(strings.ToLower(line), "sep=") }

// isName reports whether a text can be a heading: it has letters, and is no value.
func isName(text string) bool {
	text = strings.TrimSpace(text)
	if !strings.ContainsFunc(text, unicode.IsLetter) {
		return false
	}
	_, bad := values.Duration(text)
	return bad != nil && layoutOf(text) == ""
}

var decimalComma = regexp.MustCompile(`^[+-]?[0-9.]*,[0-9]+( ?[a-zµμ]+)?$`)

// decimalPoints writes numbers with a decimal comma as Go reads them: where commas do not
// stand between fields, they are decimal marks, and dots before them mark thousands.
func decimalPoints(row []string) {
	for i, text := range row {
		if text = strings.TrimSpace(text); decimalComma.MatchString(text) {
			row[i] = strings.Replace(strings.ReplaceAll(text, ".", ""), ",", ".", 1)
		}
	}
}

// unitOfComma refuses a latency with a decimal comma and no unit, as scenarios do: who writes
// a number so seldom means seconds.
func unitOfComma(row []string, latency int, heading []string, o *Options) error {
	if latency < 0 || latency >= len(row) || o.Unit != "" || unitOf(heading[latency]) != 0 || unclear(heading[latency]) {
		return nil
	}
	text := strings.TrimSpace(row[latency])
	if m := decimalComma.FindStringSubmatch(text); m != nil && m[1] == "" && strings.Trim(text, "+-0.,") != "" {
		return fmt.Errorf("%q has a decimal comma and no unit: name the unit in the heading, as in latency_ms, or with -unit", text)
	}
	return nil
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
			if named != "" && h == named || named == "" && slices.Contains(known, plainHeading(h)) {
				return i, onlyColumn(heading, i)
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
	if i := slices.IndexFunc(heading, unclearLatency); latency < 0 && i >= 0 {
		return -1, -1, errUnclear(heading[i])
	}
	if at < 0 && latency < 0 {
		err = fmt.Errorf("line 1: no heading says what a column is: name the columns with -time and -latency; there are %s", strings.Join(heading, ", "))
	}
	return
}

// onlyColumn refuses a heading that another column has, too.
func onlyColumn(heading []string, i int) error {
	name := strings.TrimSpace(heading[i])
	for j := i + 1; j < len(heading); j++ {
		if strings.TrimSpace(heading[j]) == name {
			return fmt.Errorf("columns %d and %d have the same heading, %q: rename one", i+1, j+1, name)
		}
	}
	return nil
}

// unclearLatency reports whether a heading may be that of latencies in minutes, or of the
// least latency.
func unclearLatency(heading string) bool {
	heading = strings.TrimSpace(heading)
	return unclear(heading) && slices.Contains(latencyNames, plainHeading(strings.TrimRight(heading[:len(heading)-len("min")], " _-([")))
}

func errUnclear(name string) error {
	return fmt.Errorf("the unit of %q is not clear, since min is minutes or the least of several: name the unit, as in latency_ms or latency_minutes, or the column with -latency and -unit", name)
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
