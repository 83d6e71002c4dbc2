package fit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/respool/respool/sim/internal/values"
)

// jsonColumn is the values of the lines that are requests.
type jsonColumn struct {
	fields    jsonFields
	parse     func(line string) (record, error)
	latencies []string
	at        []int64
	form      timeForm
	others    int // lines without a latency
}

// add reads a line.
func (c *jsonColumn) add(text string) error {
	r, err := c.parse(text)
	if err != nil {
		return err
	}
	latency, ok := r.find(c.fields.latency)
	if !ok {
		c.others++
		return nil
	}
	// A number without a unit may be in any unit. All lines together show in which.
	if _, err := readLatency(latency, "", "s"); err != nil {
		return fmt.Errorf("the field %q: %w", c.fields.latency, err)
	}
	if c.fields.at != "" {
		at, ok := r.find(c.fields.at)
		if !ok {
			return fmt.Errorf("there is no field %q", c.fields.at)
		}
		t, err := c.form.read(at, snake(c.fields.at))
		if err != nil {
			return fmt.Errorf("the field %q: %w", c.fields.at, err)
		}
		c.at = append(c.at, t)
	}
	c.latencies = append(c.latencies, latency)
	return nil
}

// durations returns the latencies, and says which unit they have. If it is not said, numbers
// are seconds if one of them has a fraction.
func (c *jsonColumn) durations(unit string) (took []time.Duration, what string, err error) {
	path := c.fields.latency
	name := snake(path[strings.LastIndexByte(path, '.')+1:])
	u, what := units[unit], "in "+unit+", as -unit says"
	known, isKnown := conventions[path]
	switch {
	case u != 0:
	case unitOf(name) != 0:
		u, what = unitOf(name), fmt.Sprintf("in units of %v, by its name", unitOf(name))
	case isKnown:
		u, what = known.unit, known.of
	case !slices.ContainsFunc(c.latencies, isNumber):
		what = "with its unit"
	case unclear(name):
		return nil, "", errUnclear(path)
	case slices.ContainsFunc(c.latencies, func(text string) bool { return isNumber(text) && strings.ContainsAny(text, ".eE") }):
		u, what = time.Second, "in seconds, since it has fractions (-unit says otherwise)"
	default:
		return nil, "", fmt.Errorf("the field %q has numbers without a unit: say with -unit whether it is s, ms, us or ns", path)
	}
	for _, text := range c.latencies {
		one, err := readLatency(text, "", unitName(u))
		if err != nil {
			return nil, "", err
		}
		took = append(took, one)
	}
	return took, what, nil
}

// isNumber reports whether a latency has no unit of its own.
func isNumber(text string) bool {
	_, err := values.Duration(text)
	return err != nil || text == "0"
}

// unitName is the name of a unit in [units].
func unitName(u time.Duration) string {
	for _, name := range []string{"s", "ms", "us", "ns", "minutes", "hours"} {
		if units[name] == u {
			return name
		}
	}
	return ""
}

// arrivals notes when the requests arrived. A time is that of the beginning of a request, or
// that of its end, when the line was written.
func (c *jsonColumn) arrivals(d *Data, took []time.Duration) {
	resolution := resolutionOf(c.at)
	begins := strings.HasPrefix(plainField(c.fields.at), "start") || strings.HasPrefix(plainField(c.fields.at), "arriv")
	what := "when it arrived"
	if !begins {
		what = "when the line was written, at the end of the request, which arrived that much earlier"
		for i := range c.at {
			c.at[i] -= int64(took[i])
		}
	}
	if c.form.absolute {
		d.Begin = time.Unix(0, slices.Min(c.at)).UTC()
	}
	d.Arrivals = arrivalsOf(c.at, resolution)
	d.Notes = append(d.Notes, fmt.Sprintf("the field %q is %s: %s", c.fields.at, what, c.form.text))
	if resolution == time.Second {
		d.Notes = append(d.Notes, "it has whole seconds, so bursts within a second are not seen")
	}
}
