package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/compact"
	"github.com/respool/respool/sim/internal/figures"
	"github.com/respool/respool/sim/internal/nearest"
)

// metric is a figure of a run for which there can be a target.
type metric struct {
	name   string
	shares bool    // a share, not a time
	level  float64 // of a percentile, or 0
	of     func(*tally) float64
}

func (m *metric) format(v float64) string {
	if m.shares {
		return figures.Percent(v)
	}
	return figures.Seconds(v)
}

// metrics is all metrics. As in the report of a run, percentiles are those of granted
// requests.
func metrics() []metric {
	all := []metric{
		{"refused", true, 0, func(t *tally) float64 { return share(t.requests-t.granted, t.requests) }},
		{"failed", true, 0, (*tally).failedShare},
		{"waited", true, 0, func(t *tally) float64 { return share(t.waited, t.granted) }},
		{"utilization", true, 0, (*tally).utilization},
	}
	for _, of := range []struct {
		name  string
		times func(*tally) *sim.Histogram
	}{
		{"", func(t *tally) *sim.Histogram { return &t.wait }},
		{"total.", func(t *tally) *sim.Histogram { return &t.total }},
	} {
		all = append(all, metric{of.name + "mean", false, 0, func(t *tally) float64 { return of.times(t).MeanSeconds() }})
		for _, q := range []struct {
			name string
			at   float64
		}{{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}} {
			all = append(all, metric{of.name + q.name, false, q.at, func(t *tally) float64 {
				return of.times(t).Quantile(q.at).Seconds()
			}})
		}
	}
	return all
}

// target is a metric with the highest value that meets the target.
type target struct {
	metric
	limit float64
	text  string
}

// beyond returns the share of granted requests that take longer than a target of times
// allows.
func (t *target) beyond(of *tally) float64 {
	if strings.HasPrefix(t.name, "total.") {
		return of.total.Above(secondsOf(t.limit))
	}
	return of.wait.Above(secondsOf(t.limit))
}

func parseTarget(text string) (*target, error) {
	name, value, ok := strings.Cut(text, "=")
	if !ok {
		return nil, fmt.Errorf("%q is not of the form p99=5ms", text)
	}
	name = strings.TrimPrefix(strings.Replace(name, "p99.9", "p999", 1), "wait.")
	var names []string
	for _, m := range metrics() {
		names = append(names, m.name)
		if m.name != name {
			continue
		}
		limit, err := readLimit(m.shares, value)
		if err == nil && limit < 0 {
			err = fmt.Errorf("%s is negative", value)
		} else if err == nil && m.shares && limit > 1 {
			err = fmt.Errorf("%s is more than all", value)
		}
		return &target{m, limit, text}, err
	}
	hint := ""
	if n := nearest.Of(name, names); n != "" {
		hint = "did you mean " + n + "? "
	}
	return nil, fmt.Errorf("there is no %q; %sthere are %s", name, hint, strings.Join(names, ", "))
}

func readLimit(shares bool, text string) (float64, error) {
	if shares {
		return compact.Share(text)
	}
	d, err := compact.Duration(text)
	return time.Duration(d).Seconds(), err
}
