package fit

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/respool/respool/sim/internal/values"
)

// logLine matches a line of an access log in the common or the combined format: client,
// identity, user, time, request, status and size, and what follows.
var logLine = regexp.MustCompile(`^\S+ \S+ .*?\[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\d{3}|-) (\d+|-)(.*)$`)

// quotedTime matches a latency, with its name or without. A referrer may have an = as well.
var quotedTime = regexp.MustCompile(`^([A-Za-z_][\w.-]*=)?([0-9.]+ ?[a-zµ]*|([0-9.]+|-)( ?[,:] ?([0-9.]+|-))+)$`)

// severalTimes matches what stands between the times of several servers that nginx has asked.
var severalTimes = regexp.MustCompile(`([0-9.]|-) ?([,:]) ([0-9.]|-)`)

var quotedText = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`)

// readLog reads an access log whose lines also have how long the request took.
func readLog(data []byte, o *Options) (*Data, error) {
	d := &Data{Kind: "log"}
	var at []int64
	var took []time.Duration
	n, field, last := 0, o.Field, ""
	others, first := 0, errors.New("there is no line that can be read")
	for text := range strings.Lines(string(data)) {
		n++
		line := strings.TrimRight(text, "\r\n")
		if line == "" {
			continue
		}
		end, latency, name, err := readLogLine(line, field, o.Unit)
		if errors.Is(err, errNoRequest) {
			if others++; others == 1 {
				first = lineError(n, `"-" is not how long a request took, and no other line has a time`)
			}
			continue
		}
		if err != nil {
			if !o.Skip {
				return nil, lineError(n, "%v", err)
			}
			d.Skipped = append(d.Skipped, n)
			continue
		}
		// The line is written when the request has ended.
		at = append(at, end.Add(-latency).UnixNano())
		took, last = append(took, latency), name
	}
	if len(at) == 0 {
		return nil, first
	}
	resolution := time.Second // of the time that a line has
	d.Arrivals, d.Latency = arrivalsOf(at, resolution), SampleOf(took)
	d.Begin = time.Unix(0, at[0]).UTC()
	if others > 0 {
		d.Notes = append(d.Notes, fmt.Sprintf("%d of %d lines have - for a time: no server was asked, so they are left out", others, others+len(at)))
	}
	what := "the last field of a line"
	if last != "" {
		what = "the field " + last + "="
	}
	d.Notes = append(d.Notes, fmt.Sprintf("%s is how long a request took; a line is written when the request ends, so it arrived that much earlier", what),
		"a line has whole seconds, so bursts within a second are not seen")
	return d, nil
}

// readLogLine returns when a request ended, how long it took, and the name of the field that
// says so, if it has one.
func readLogLine(line, field, unit string) (end time.Time, took time.Duration, name string, err error) {
	m := logLine.FindStringSubmatch(line)
	if m == nil {
		return end, 0, "", errors.New(`not a line of an access log: client - user [time] "request" status size`)
	}
	const form = "02/Jan/2006:15:04:05 -0700"
	if end, err = time.Parse(form, m[1]); err != nil {
		return end, 0, "", fmt.Errorf("%q is not a time such as 28/Nov/2026:10:00:00 +0000", m[1])
	}
	m[5] = severalTimes.ReplaceAllString(strings.ReplaceAll(m[5], `="-"`, "=-"), "$1$2$3")
	words := strings.Fields(quotedText.ReplaceAllStringFunc(m[5], func(text string) string {
		if inner := strings.Trim(text, `"`); quotedTime.MatchString(inner) {
			return strings.ReplaceAll(inner, " ", "") // some quote the number, or the name with it
		}
		return " "
	}))
	text := ""
	for _, word := range words {
		key, value, named := strings.Cut(word, "=")
		switch {
		case field == "" && !named:
			text, name = word, ""
		case field == "" && named:
			text, name = value, key
		case named && key == field:
			text, name = strings.Trim(value, `"`), key
		}
	}
	switch {
	case text == "" && field != "":
		return end, 0, "", fmt.Errorf("there is no field %s=", field)
	case text == "-":
		return end, 0, "", errNoRequest // no server was asked
	case text == "":
		return end, 0, "", errors.New("there is no time after the size: add $request_time (nginx) or %D (Apache) to the log's format")
	}
	for part := range strings.FieldsFuncSeq(text, func(c rune) bool { return c == ',' || c == ':' }) {
		if part == "-" && part != text {
			continue
		}
		one, err := readLatency(part, name, unit)
		if err != nil {
			return end, 0, "", err
		}
		took += one
	}
	return end, took, name, nil
}

// readLatency reads a latency: with a unit of its own, with that of its name, or as the
// option says. Seconds are also those of a number with a dot.
func readLatency(text, name, unit string) (time.Duration, error) {
	text = strings.TrimSpace(text)
	if d, err := values.Duration(text); err == nil && text != "0" {
		return notNegative(d, text)
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || x != x || x > 1e15 {
		return 0, fmt.Errorf("%q is not how long a request took", text)
	}
	u := units[unit]
	if u == 0 {
		u = unitOf(name)
	}
	if u == 0 && unclear(name) {
		return 0, errUnclear(name)
	}
	if u == 0 && strings.Contains(text, ".") {
		u = time.Second
	}
	if u == 0 {
		return 0, fmt.Errorf("%q has no unit: say with -unit whether it is s, ms, us (as Apache's %%D) or ns", text)
	}
	if x = float64(x * float64(u)); x >= math.MaxInt64 {
		return 0, fmt.Errorf("%q is not how long a request took", text)
	}
	return notNegative(time.Duration(x), text)
}

func notNegative(d time.Duration, text string) (time.Duration, error) {
	if d < 0 {
		return 0, fmt.Errorf("%q is negative", text)
	}
	return d, nil
}
