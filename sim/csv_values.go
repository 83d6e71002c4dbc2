package sim

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// FileRead describes how [Scenario.LoadFiles] has read a file.
type FileRead struct {
	Field string `json:"field"` // of the scenario, such as workload.hold
	File  string `json:"file"`
	Unit  string `json:"unit"` // of numbers without one, and why
	Count int    `json:"count"`
	// Columns is how many columns the file has. Only the first is used.
	Columns int      `json:"columns"`
	Mean    Duration `json:"mean"` // of the samples; of arrivals the mean gap
	P99     Duration `json:"p99"`
	Max     Duration `json:"max"` // of arrivals the longest gap
	// Arrivals says that the values are instants of arrivals. If they are points in
	// time, Begin is the first of them, and the beginning of the run.
	Arrivals bool      `json:"arrivals,omitempty"`
	Begin    time.Time `json:"begin,omitzero"`
}

// csvValues is the values in the first column of a file.
type csvValues struct {
	table    *table
	arrivals bool
	unit     unit // of the heading, or zero
	decimal  string
	values   []Duration
	begin    time.Time // of arrivals that are points in time
	said     string    // a description of the unit
}

// readCSVValues reads the first column of a CSV file. Arrivals must be in order.
func readCSVValues(dir fs.FS, name string, arrivals bool) ([]Duration, *FileRead, error) {
	t, err := readTable(dir, name)
	if err != nil {
		return nil, nil, err
	}
	c := csvValues{table: t, arrivals: arrivals}
	if err := c.read(); err != nil {
		if bad := (*cellError)(nil); errors.As(err, &bad) {
			return nil, nil, fmt.Errorf("%s:%d: %w", name, bad.line, bad.err)
		}
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	return c.values, c.summary(name), nil
}

// cellError is an error about the value in a line.
type cellError struct {
	line int
	err  error
}

func (e *cellError) Error() string { return fmt.Sprintf("line %d: %v", e.line, e.err) }

func (c *csvValues) read() (err error) {
	if len(c.table.cells) == 0 {
		return errors.New("there is no value in it")
	}
	if c.unit, err = unitOf(c.table.heading); err != nil {
		return err
	}
	if c.decimal, err = c.table.decimalMark(); err != nil {
		return err
	}
	if err := c.otherColumn(); err != nil {
		return err
	}
	if err := c.mixed(); err != nil {
		return err
	}
	if err := c.unitless(); err != nil {
		return err
	}
	if c.arrivals && c.pointsInTime() {
		err = c.readPoints()
	} else {
		err = c.readTimes()
	}
	if err != nil {
		return err
	}
	return c.plausible()
}

// bare reports whether a cell is a number without a unit, and whether it is zero, which
// needs no unit.
func (c *csvValues) bare(text string) (number, zero bool) {
	x, err := strconv.ParseFloat(c.plain(text), 64)
	return err == nil, err == nil && x == 0
}

// plain returns a number with a dot as its decimal mark, and without marks between
// thousands.
func (c *csvValues) plain(text string) string {
	if c.decimal == "," {
		return strings.Replace(strings.ReplaceAll(text, ".", ""), ",", ".", 1)
	}
	return strings.ReplaceAll(text, ",", "")
}

// unitless refuses a column of numbers without a unit if its heading ends with "min", which
// may be minutes or the least of several. It also refuses numbers with decimal commas if
// neither the numbers nor the heading have a unit. Such a file is made for people, and people
// seldom mean seconds by "0,0031".
func (c *csvValues) unitless() error {
	unclear := c.table.heading != "" && slices.Contains(words(c.table.heading), "min")
	if c.unit.of != 0 || !unclear && (c.arrivals || c.decimal != ",") {
		return nil
	}
	for i := range c.table.cells {
		l := &c.table.cells[i]
		number, zero := c.bare(l.text)
		if number && !zero && unclear {
			return &cellError{l.line, fmt.Errorf("the unit of %s is not clear, since min in the heading %q is minutes or the least of several: name the unit, as in latency_ms or latency_minutes", l.text, c.table.heading)}
		}
		if number && !zero {
			return &cellError{l.line, fmt.Errorf("%q has a decimal comma and no unit: name the unit in the heading, as in latency_ms", l.text)}
		}
	}
	return nil
}

// otherColumn refuses bare numbers in a first column whose heading names no unit, if the
// heading of another column names one. The first column may hold numbers of rows, or
// instants. Beside arrivals there may well be a column of durations.
func (c *csvValues) otherColumn() error {
	number, _ := c.bare(c.table.cells[0].text)
	if c.arrivals || c.unit.of != 0 || !number {
		return nil
	}
	for _, heading := range c.table.others {
		if other, err := unitOf(heading); err == nil && other.of != 0 {
			return fmt.Errorf("the first column is used, and its heading %q names no unit, while %q names one: put that column first", c.table.heading, heading)
		}
	}
	return nil
}

// mixed refuses a column in which only some values have a unit, if its heading has none:
// the unit of the others is not known.
func (c *csvValues) mixed() error {
	var with, without *cell
	for i := range c.table.cells {
		l := &c.table.cells[i]
		number, zero := c.bare(l.text)
		switch {
		case number && !zero && without == nil:
			without = l
		case !number && with == nil:
			if _, err := ParseDuration(c.plain(l.text)); err == nil {
				with = l
			}
		}
	}
	if with == nil || without == nil || c.unit.of != 0 {
		return nil
	}
	later := max(with.line, without.line)
	return &cellError{later, fmt.Errorf("%s has no unit and %s has one: give all values a unit, or the heading, such as latency_ms", without.text, with.text)}
}

func (c *csvValues) readTimes() error {
	of := c.unit
	if of.of == 0 {
		of = unit{time.Second, "seconds"}
	}
	bare := 0
	for _, l := range c.table.cells {
		d, isBare, err := c.value(l.text, of)
		if err == nil {
			err = c.add(l.text, d)
		}
		if err != nil {
			return &cellError{l.line, err}
		}
		if isBare {
			bare++
		}
	}
	switch {
	case bare == 0:
		c.said = "units of the values"
	case c.unit.of != 0:
		c.said = fmt.Sprintf("%s, by the heading %q", of.name, c.table.heading)
	case c.table.heading == "":
		c.said = "seconds, since there is no heading with a unit"
	default:
		c.said = fmt.Sprintf("seconds, since the heading %q names no unit", c.table.heading)
	}
	return nil
}

func (c *csvValues) value(text string, of unit) (d Duration, bare bool, err error) {
	if text == "" {
		return 0, false, errors.New("the first column is empty")
	}
	if x, err := strconv.ParseFloat(c.plain(text), 64); err == nil {
		ns := math.Round(float64(x * float64(of.of)))
		switch {
		case math.IsNaN(ns):
			return 0, true, fmt.Errorf("%s is not a number", text)
		case math.Abs(ns) >= math.MaxInt64:
			return 0, true, fmt.Errorf("%s is beyond what a run can last, %v", text, farthest)
		}
		return Duration(ns), true, nil
	}
	if c.arrivals && timestamp(text) {
		return 0, false, fmt.Errorf("%s is a point in time, the lines before it are not", text)
	}
	if d, err = ParseDuration(c.plain(text)); err != nil {
		return 0, false, fmt.Errorf("%q is not a time: write a duration such as 3ms, or a number of seconds", text)
	}
	return d, false, nil
}

func (c *csvValues) add(text string, d Duration) error {
	switch {
	case d < 0:
		return fmt.Errorf("%s is negative", text)
	case !c.arrivals && d > earliestPoint:
		return fmt.Errorf("%s is more than three years: it may be a point in time, or in another unit (say it in the heading, such as latency_us)", text)
	case d > farthest:
		return fmt.Errorf("%s is beyond what a run can last, %v", text, farthest)
	case c.arrivals && len(c.values) > 0 && d < c.values[len(c.values)-1]:
		return fmt.Errorf("%s is before the arrival before it", text)
	}
	c.values = append(c.values, d)
	return nil
}

// plausible refuses values that cannot be measurements.
func (c *csvValues) plausible() error {
	if !c.begin.IsZero() || len(c.values) == 1 && c.arrivals || slices.Max(c.values) > 0 {
		return nil
	}
	return fmt.Errorf("all %d values are 0", len(c.values))
}

func (c *csvValues) summary(name string) *FileRead {
	f := &FileRead{File: name, Unit: c.said, Count: len(c.values), Columns: c.table.columns, Arrivals: c.arrivals, Begin: c.begin}
	values := c.values
	if c.arrivals {
		values = make([]Duration, 0, len(c.values))
		for i := 1; i < len(c.values); i++ {
			values = append(values, c.values[i]-c.values[i-1])
		}
	}
	if len(values) == 0 {
		return f
	}
	sorted := slices.Sorted(slices.Values(values))
	f.Mean = Duration((&Dist{Empirical: values}).Mean())
	f.P99, f.Max = sorted[(len(sorted)*99+99)/100-1], sorted[len(sorted)-1]
	return f
}

var (
	thousands    = regexp.MustCompile(`^[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+`)
	decimalComma = regexp.MustCompile(`^[+-]?[0-9.]*,[0-9]+(e[+-]?[0-9]+)?( ?\pL+)?$`)
)

// decimalMark returns the decimal mark of a column: a comma or a dot. It refuses a column
// that has both, and one that can be read in two ways.
func (t *table) decimalMark() (string, error) {
	var comma, dot, either *cell
	for i := range t.cells {
		l := &t.cells[i]
		at, point := strings.LastIndexByte(l.text, ','), strings.LastIndexByte(l.text, '.')
		switch {
		case at < 0 && point < 0 || timestamp(l.text):
		case at < 0 && strings.Count(l.text, ".") > 1:
			comma = l // the dots are between thousands
		case at < 0:
			dot = l
		case point > at:
			dot = l
		case !decimalComma.MatchString(strings.ToLower(l.text)) && !thousands.MatchString(l.text):
		case point < 0 && thousands.MatchString(l.text):
			either = l
		default:
			comma = l
		}
	}
	switch {
	case comma != nil && dot != nil:
		return "", &cellError{max(comma.line, dot.line), fmt.Errorf("%s has a decimal comma and %s a decimal point", comma.text, dot.text)}
	case comma != nil || either != nil && t.separator != ',' && dot == nil:
		return ",", nil
	case either != nil && dot == nil:
		return "", &cellError{either.line, fmt.Errorf("%q has a decimal comma, or one between thousands: write it without", either.text)}
	}
	return ".", nil
}

// exactly reads a number without loss of digits: an instant in nanoseconds has more digits
// than a float.
func exactly(text string, of time.Duration) (int64, bool) {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || !(math.Abs(x) < 1e19) || len(text) > 60 || x != 0 && math.Abs(x) < 1e-19 {
		return 0, false
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return 0, false
	}
	r.Mul(r, new(big.Rat).SetInt64(int64(of)))
	n := new(big.Int).Quo(r.Num(), r.Denom())
	return n.Int64(), n.IsInt64()
}
