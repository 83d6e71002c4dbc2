package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A flag such as -stall has a list of values, and each has parts: AT+FOR. The scenario's fields
// have other names, and numbers from zero on. This file says errors about them in the flag's terms.

// inValue is how an error names a value in a list, or a part of a value.
var inValue = regexp.MustCompile(`^(?:\[(\d+)\])?\.?(\w*): (.*)$`)

// partNames are the names of the fields that are a part of a flag's value. In -phases for is TIME.
var partNames = map[string]string{"at": "AT", "for": "FOR", "factor": "FACTOR", "rate": "RATE", "on": "ON", "off": "OFF", "off_rate": "the second RATE"}

// inList returns an error about a value in a flag's list, or about a part of the value. It names the
// value as it was written. It reports false if the error is about neither.
func (o *option) inList(text string, given []string) (string, bool) {
	m := inValue.FindStringSubmatch(text)
	if m == nil {
		return "", false
	}
	part := partNames[m[2]]
	if m[2] == "for" && o.name == "phases" {
		part = "TIME"
	}
	if part == "" && (m[1] == "" || m[2] != "") {
		return "", false
	}
	value := given[len(given)-1]
	if m[1] != "" {
		n, _ := strconv.Atoi(m[1]) // the expression has digits
		if values := strings.Split(strings.Join(given, ","), ","); n < len(values) {
			value = values[n]
		}
	}
	if part != "" {
		part += ": "
	}
	return fmt.Sprintf("-%s %s: %s%s", o.name, value, part, m[3]), true
}
