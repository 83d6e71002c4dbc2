package sim

import (
	"encoding/json"
	"fmt"
	"time"
)

// Duration is a [time.Duration] that a scenario's JSON has as text with a unit, such as
// "3ms" or "1m30s". A number without a unit is refused, unless it is 0.
type Duration time.Duration

// D converts d to a Duration.
func D(d time.Duration) Duration { return Duration(d) }

func (d Duration) String() string { return time.Duration(d).String() }

// MarshalJSON writes the duration as text.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

// UnmarshalJSON reads a duration that was written as text.
func (d *Duration) UnmarshalJSON(b []byte) error {
	if string(b) == "0" {
		*d = 0
		return nil
	}
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return fmt.Errorf("%s is not a duration: write text with a unit, such as \"3ms\"", b)
	}
	v, err := ParseDuration(text)
	if err != nil {
		return fmt.Errorf("%q is not a duration: write a number with a unit, such as \"3ms\"", text)
	}
	*d = v
	return nil
}
