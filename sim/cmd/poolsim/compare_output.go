//go:build !js

package main

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/cmd/poolsim/internal/versus"
	"github.com/respool/respool/sim/internal/figures"
)

// text is the table: a column for each pool.
func (c *compareFlags) text(l *versus.Load, all []*versus.Standing, width int) []byte {
	var b bytes.Buffer
	server := "embedded server"
	if *c.redis != "" {
		server = *c.redis
	}
	writeText(&b, width, fmt.Sprintf("%s: %s clients, %s connections, %s requests a round, %s in turn; %s", *c.command,
		figures.Count(uint64(l.Clients)), figures.Count(uint64(l.MaxActive)), figures.Count(uint64(l.Requests)), times(l.Rounds, "round"), server))
	b.WriteByte('\n')
	cell := max(min(20, (width-22)/max(len(all), 1)-1), 10)
	row := func(name string, of func(s *versus.Standing) string) {
		fmt.Fprintf(&b, "%-22s", name)
		for _, s := range all {
			fmt.Fprintf(&b, " %*s", cell, of(s))
		}
		b.WriteByte('\n')
	}
	row("", func(s *versus.Standing) string { return s.Name })
	row("requests/s, median", func(s *versus.Standing) string { return figures.Number(s.Median()) })
	row("  from, to", func(s *versus.Standing) string {
		return figures.Number(slices.Min(s.Throughput)) + ", " + figures.Number(slices.Max(s.Throughput))
	})
	verdict := throughputVerdict(all)
	durations := func(name string, of func(s *versus.Standing) *sim.Histogram) {
		row(name+" mean", func(s *versus.Standing) string { return figures.Seconds(of(s).Mean().Seconds()) })
		for _, q := range []struct {
			name string
			at   float64
		}{{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}} {
			row(name+" "+q.name, func(s *versus.Standing) string { return figures.Seconds(of(s).Quantile(q.at).Seconds()) })
		}
	}
	durations("wait", func(s *versus.Standing) *sim.Histogram { return &s.Wait })
	durations("total", func(s *versus.Standing) *sim.Histogram { return &s.Total })
	row("dials", func(s *versus.Standing) string { return figures.Count(uint64(s.Dials)) })
	row("allocations/request", func(s *versus.Standing) string { return fmt.Sprintf("%.2f", s.Allocs) })
	row("pool alone, time", func(s *versus.Standing) string { return figures.Seconds(s.AloneTime.Seconds()) })
	row("pool alone, allocs", func(s *versus.Standing) string { return fmt.Sprintf("%.2f", s.AloneAllocs) })
	b.WriteByte('\n')
	writeText(&b, width, verdict)
	return b.Bytes()
}

type standingJSON struct {
	Requests    uint64             `json:"requests"`
	Throughput  float64            `json:"throughput"` // the median over the rounds
	Rounds      []float64          `json:"throughput_by_round"`
	Wait        map[string]float64 `json:"wait"`
	Total       map[string]float64 `json:"total"`
	Dials       int64              `json:"dials"`
	Allocs      float64            `json:"allocations_per_request"`
	AloneTime   float64            `json:"alone_time"`
	AloneAllocs float64            `json:"alone_allocations"`
}

// compareJSON is the comparison in JSON. All of it is real time. Times are in
// seconds.
func compareJSON(l *versus.Load, all []*versus.Standing) any {
	times := func(h *sim.Histogram) map[string]float64 {
		q := func(q float64) float64 { return h.Quantile(q).Seconds() }
		return map[string]float64{"mean": h.Mean().Seconds(), "p50": q(0.5), "p90": q(0.9), "p99": q(0.99), "p999": q(0.999),
			"max": h.Max().Seconds()}
	}
	pools := map[string]standingJSON{}
	for _, s := range all {
		pools[s.Name] = standingJSON{s.Requests, s.Median(), s.Throughput, times(&s.Wait), times(&s.Total), s.Dials, s.Allocs,
			s.AloneTime.Seconds(), s.AloneAllocs}
	}
	return map[string]any{"run": map[string]any{
		"clients": l.Clients, "max_active": l.MaxActive, "requests": l.Requests, "rounds": l.Rounds, "pools": pools,
		"verdict": throughputVerdict(all),
	}}
}
