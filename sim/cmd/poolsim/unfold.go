package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// unfold turns a trace, in text or JSON, into a story, and returns the line of
// the file that each of the story's lines is from.
func unfold(file string, data []byte) (text []byte, lines []int, err error) {
	var b bytes.Buffer
	put := func(line int, text string) {
		b.WriteString(text)
		b.WriteByte('\n')
		lines = append(lines, line)
	}
	for i, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		if strings.HasPrefix(line, "{") {
			if line, err = fromJSON(line); err != nil {
				if i == 0 {
					err = errNotTrace
				}
				return nil, nil, fmt.Errorf("%s:%d: %w", file, i+1, err)
			}
		}
		parts := []string{line}
		if !strings.HasPrefix(line, "#") {
			parts = strings.Split(line, bar)
		}
		for k, part := range parts {
			if k > 0 {
				part = "    " + part
			}
			for _, l := range strings.Split(part, "\n") {
				put(i+1, l)
			}
		}
	}
	return b.Bytes(), lines, nil
}

// errNotTrace is about a text, or a JSON text of another kind, that is no trace.
var errNotTrace = fmt.Errorf("not a trace: expected a line such as %q", "pool max-active=2")

// fromJSON turns a line of JSON into one of text, and the first line into two.
func fromJSON(line string) (string, error) {
	var both struct {
		traceHead
		traceLine
	}
	d := json.NewDecoder(strings.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&both); err != nil {
		return "", err
	}
	if both.Pool != "" {
		return "# " + both.About + "\n" + both.Pool, nil
	}
	return both.storyOf(), nil
}

// relocate replaces the line in a parser's error by the line of the file.
func relocate(err error, file string, lines []int) error {
	rest, ok := strings.CutPrefix(err.Error(), file+":")
	number, text, found := strings.Cut(rest, ":")
	n, bad := strconv.Atoi(number)
	if !ok || !found || bad != nil || n < 1 || n > len(lines) {
		return err
	}
	return fmt.Errorf("%s:%d:%s", file, lines[n-1], text)
}
