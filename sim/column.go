package sim

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"strconv"
	"strings"
	"time"
)

// readColumn reads the first column of a CSV file. That of a trace does not go
// back.
func readColumn(dir fs.FS, name string, trace bool) ([]Duration, error) {
	f, err := dir.Open(name)
	if errors.Is(err, fs.ErrInvalid) {
		return nil, fmt.Errorf("%s: must be in the scenario's directory or below, with slashes", name)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment, r.FieldsPerRecord, r.ReuseRecord, r.TrimLeadingSpace = '#', -1, true, true
	c := column{trace: trace}
	for first := true; ; first = false {
		record, err := r.Read()
		if err == io.EOF {
			break
		}
		if bad := (*csv.ParseError)(nil); errors.As(err, &bad) {
			return nil, fmt.Errorf("%s:%d: %w", name, bad.Line, bad.Err)
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if first {
			record[0] = strings.TrimPrefix(record[0], "\ufeff") // some programs write it
		}
		if err := c.add(strings.TrimSpace(record[0])); err != nil && !(first && heading(record[0])) {
			line, _ := r.FieldPos(0)
			return nil, fmt.Errorf("%s:%d: %w", name, line, err)
		}
	}
	if len(c.values) == 0 {
		return nil, fmt.Errorf("%s: there is no value in it", name)
	}
	return c.values, nil
}

// heading reports whether a text that is no value may be the name of a column: a
// value begins with a digit, a sign or a dot.
func heading(text string) bool {
	text = strings.TrimSpace(text)
	return text != "" && !strings.ContainsRune("0123456789+-.", rune(text[0]))
}

// column is what has been read of a file.
type column struct {
	values []Duration
	trace  bool
	begin  time.Time // of a trace that has points in time
}

func (c *column) add(text string) error {
	d, err := c.value(text)
	switch {
	case err != nil:
		return err
	case d < 0:
		return fmt.Errorf("%s is negative", text)
	case d > farthest:
		return fmt.Errorf("%s is beyond what a run can last, %v", text, farthest)
	case c.trace && len(c.values) > 0 && d < c.values[len(c.values)-1]:
		return fmt.Errorf("%s is before the arrival before it", text)
	}
	c.values = append(c.values, d)
	return nil
}

func (c *column) value(text string) (Duration, error) {
	if c.trace {
		if t, err := time.Parse(time.RFC3339, text); err == nil {
			if c.begin.IsZero() && len(c.values) > 0 {
				return 0, fmt.Errorf("%s is a point in time, the lines before it are not", text)
			} else if c.begin.IsZero() {
				c.begin = t
			}
			if t.Before(c.begin) {
				return 0, fmt.Errorf("%s is before the arrival before it", text)
			}
			return Duration(t.Sub(c.begin)), nil
		}
		if !c.begin.IsZero() {
			return 0, fmt.Errorf("%s is no point in time, as the lines before it are", text)
		}
	}
	if s, err := strconv.ParseFloat(text, 64); err == nil {
		ns := math.Round(float64(s * 1e9))
		if !(math.Abs(ns) < math.MaxInt64) {
			return 0, fmt.Errorf("%s is beyond what a run can last, %v", text, farthest)
		}
		return Duration(ns), nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("%q is not a time: write a duration such as 3ms, or a number of seconds", text)
	}
	return Duration(d), nil
}
