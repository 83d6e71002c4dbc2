// Package values reads durations and numbers from the texts that people write.
package values

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration reads a length of time with its unit, or 0. A blank may stand between
// a number and its unit.
func Duration(text string) (time.Duration, error) {
	joined := strings.TrimSpace(text)
	if words := strings.Fields(joined); len(words) == 2 {
		joined = words[0] + words[1]
	}
	d, err := time.ParseDuration(joined)
	if err != nil {
		return 0, fmt.Errorf("%q is not a duration: write a number with a unit, such as 3ms", text)
	}
	return d, nil
}

// Number reads a finite number.
func Number(text string) (float64, error) {
	x, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsInf(x, 0) || math.IsNaN(x) {
		return 0, fmt.Errorf("%q is not a number", text)
	}
	return x, nil
}

// Read puts texts into durations and numbers. The form is an example, for the
// error if there are too many or too few texts.
func Read(args []string, form string, to ...any) (err error) {
	if len(args) != len(to) {
		return fmt.Errorf("%d values where %s has %d", len(args), form, len(to))
	}
	for i := 0; i < len(args) && err == nil; i++ {
		switch to := to[i].(type) {
		case *time.Duration:
			*to, err = Duration(args[i])
		case *float64:
			*to, err = Number(args[i])
		}
	}
	return err
}
