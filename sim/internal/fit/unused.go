package fit

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// given returns the flags of the options that are set.
func (o *Options) given() (all []string) {
	for _, of := range []struct {
		set  bool
		flag string
	}{
		{o.Unit != "", "unit"}, {o.Field != "", "field"}, {o.Time != "", "time"}, {o.Latency != "", "latency"},
		{o.Metric != "", "metric"}, {o.Over > 0, "over"}, {o.Pool != "", "pool"}, {o.Skip, "skip"},
	} {
		if of.set {
			all = append(all, of.flag)
		}
	}
	return all
}

// unused refuses an option that has no meaning for this kind of file. Whoever gives it expects
// an effect.
func (f *format) unused(o *Options) error {
	for _, flag := range o.given() {
		if slices.Contains(strings.Fields(f.uses), flag) {
			continue
		}
		var kinds []string
		for _, other := range formats {
			if slices.Contains(strings.Fields(other.uses), flag) {
				kinds = append(kinds, other.kind)
			}
		}
		if flag == "over" {
			return fmt.Errorf("-over: it has no meaning for %s, but for the kinds %s: give -rate", f.name, strings.Join(kinds, ", "))
		}
		return fmt.Errorf("-%s: it has no meaning for %s, but for the kinds %s", flag, f.name, strings.Join(kinds, ", "))
	}
	if o.Field != "" && o.Latency != "" {
		return errors.New("-latency: -field names the latency, too")
	}
	return nil
}
