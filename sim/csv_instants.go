package sim

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// earliestPoint is the smallest number that is taken for a time since 1970, and not since
// the run began: some three years.
const earliestPoint = Duration(100_000_000 * time.Second)

// timeForms are how points in time are written. Without a zone they are UTC.
var timeForms = []string{time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 Z0700", "2006-01-02T15:04:05", "2006-01-02 15:04:05"}

func parseTime(text string) (time.Time, bool) {
	for _, form := range timeForms {
		if t, err := time.Parse(form, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func timestamp(text string) bool {
	_, is := parseTime(text)
	return is
}

// pointsInTime reports whether the first arrival is a point in time: written as a date, or
// as a number of seconds or parts of seconds since 1970.
func (c *csvValues) pointsInTime() bool {
	first := c.table.cells[0].text
	x, err := strconv.ParseFloat(c.plain(first), 64)
	return timestamp(first) || err == nil && c.epochUnit(x).of != 0
}

// epochUnit returns the unit of a number that is a point in time, or zero if it is not. If
// the heading does not name the unit, the size of the number does: in seconds it has ten
// digits.
func (c *csvValues) epochUnit(x float64) unit {
	if c.unit.of != 0 {
		if x*c.unit.of.Seconds() >= time.Duration(earliestPoint).Seconds() {
			return c.unit
		}
		return unit{}
	}
	for _, u := range units[:4] {
		if x*u.of.Seconds() >= time.Duration(earliestPoint).Seconds() && x*u.of.Seconds() < 1e11 {
			return u.unit
		}
	}
	return unit{}
}

// readPoints reads arrivals that are points in time. The run begins at the first.
func (c *csvValues) readPoints() error {
	first := c.table.cells[0].text
	written := timestamp(first)
	var of unit
	if written {
		c.said = "points in time"
	} else {
		x, _ := strconv.ParseFloat(c.plain(first), 64)
		of = c.epochUnit(x)
		c.said = of.name + " since 1970"
	}
	for _, l := range c.table.cells {
		at, err := c.point(l.text, written, of)
		if err == nil && c.begin.IsZero() {
			c.begin = at
		}
		if err == nil && at.Before(c.begin) {
			err = fmt.Errorf("%s is before the arrival before it", l.text)
		}
		if err == nil {
			err = c.add(l.text, Duration(at.Sub(c.begin)))
		}
		if err != nil {
			return &cellError{l.line, err}
		}
	}
	return nil
}

func (c *csvValues) point(text string, written bool, of unit) (time.Time, error) {
	if written {
		if t, is := parseTime(text); is {
			return t, nil
		}
		return time.Time{}, fmt.Errorf("%s is no point in time, as the lines before it are", text)
	}
	text = strings.TrimSpace(text)
	x, err := strconv.ParseFloat(c.plain(text), 64)
	if err == nil && c.unit.of == 0 && x > 0 && c.epochUnit(x) != of {
		return time.Time{}, fmt.Errorf("%s is not in %s since 1970, as the lines before it are", text, of.name)
	}
	ns, whole := exactly(c.plain(text), of.of)
	if err != nil || math.IsNaN(x) || !whole {
		return time.Time{}, fmt.Errorf("%q is no point in time in %s since 1970, as the lines before it are", text, of.name)
	}
	return time.Unix(0, ns).UTC(), nil
}
