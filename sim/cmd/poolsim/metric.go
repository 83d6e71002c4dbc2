package main

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/compact"
	"github.com/respool/respool/sim/internal/figures"
	"github.com/respool/respool/sim/internal/nearest"
)

// metric is a figure of a report for which there can be a target.
type metric struct {
	name   string
	shares bool // a share, not a time
	of     func(*sim.Report) float64
}

func (m *metric) format(v float64) string {
	if m.shares {
		return figures.Percent(v)
	}
	return figures.Seconds(v)
}

// metrics are all of them. A percentile is that of all requests: one that was
// not granted counts as one that waited for ever, or a pool that refuses most
// would look best.
//
// A run in which nothing was asked for has no figure: it meets no target.
func metrics() []metric {
	all := allMetrics()
	for i := range all {
		of := all[i].of
		all[i].of = func(r *sim.Report) float64 {
			if r.Requests == 0 {
				return math.Inf(1)
			}
			return of(r)
		}
	}
	return all
}

func allMetrics() []metric {
	all := []metric{
		{"refused", true, func(r *sim.Report) float64 { return r.RefusedFraction }},
		{"waited", true, func(r *sim.Report) float64 { return r.WaitedFraction }},
		{"utilisation", true, func(r *sim.Report) float64 { return r.Utilisation }},
	}
	for _, of := range []struct {
		name     string
		mean     func(*sim.Report) float64
		quantile func(*sim.Report, float64) float64
	}{
		{"", func(r *sim.Report) float64 { return r.Wait.Mean }, (*sim.Report).WaitQuantile},
		{"total.", func(r *sim.Report) float64 { return r.Total.Mean }, (*sim.Report).TotalQuantile},
	} {
		all = append(all, metric{of.name + "mean", false, of.mean})
		for _, q := range []struct {
			name string
			at   float64
		}{{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}} {
			all = append(all, metric{of.name + q.name, false, func(r *sim.Report) float64 {
				granted := 1 - r.RefusedFraction
				if granted < q.at {
					return math.Inf(1)
				}
				return of.quantile(r, math.Min(q.at/granted, 1))
			}})
		}
	}
	return all
}

// target is what a pool shall reach: a metric, and what it may be at most.
type target struct {
	metric
	limit float64
	text  string
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
