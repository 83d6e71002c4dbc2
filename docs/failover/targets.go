package main

import (
	"fmt"
	"math"

	"github.com/respool/respool/docs/internal/report"
)

// target is what respool should reach.
type target struct {
	what     string
	scenario string
	of       column
	most     float64
	than     string // a contender: its figure of the same run is the most
}

func targets() []target {
	return []target{
		{"A planned failover: acknowledged writes that are lost", "sentinel-planned", lostColumn, 1200, ""},
		{"A planned failover: errors", "sentinel-planned", errorsColumn, 0, ""},
		{"kill -9 under Sentinel: errors", "sentinel-kill", errorsColumn, 10, ""},
		{"kill -9 under Sentinel: dials", "sentinel-kill", dialsColumn, 100, ""},
		{"kill -9 under Sentinel: service back, beside go-redis", "sentinel-kill", backColumn, 0, "go-redis"},
		{"kill -9 under Sentinel: service back, beside rueidis", "sentinel-kill", backColumn, 0, "rueidis"},
		{"kill -9 in a cluster: last error", "cluster-kill", lastColumn, (nodeTimeout + 2e9).Seconds(), ""},
		{"kill -9 in a cluster: last error, beside rueidis", "cluster-kill", lastColumn, 0, "rueidis"},
		{"A stopped master of a cluster: longest gap", "cluster-stop", gapColumn, 3, ""},
		{"A graceful failover in a cluster: errors", "cluster-failover", errorsColumn, 0, ""},
		{"Slots that move: errors", "cluster-reshard", errorsColumn, 0, ""},
		{"Nodes that come and go: errors", "cluster-nodes", errorsColumn, 0, ""},
		{"A graceful failover in a cluster: wrong replies", "cluster-failover", wrongColumn, 0, ""},
		{"Slots that move: wrong replies", "cluster-reshard", wrongColumn, 0, ""},
		{"Nodes that come and go: wrong replies", "cluster-nodes", wrongColumn, 0, ""},
		{"A restart with idle connections: errors", "restart", errorsColumn, 1, ""},
		// The pauses are up to a fifth shorter than 100 ms, and the first ones are shorter still.
		{"A server that is down for 10 s: dials, one a pause of 80 to 100 ms", "down", dialsColumn, 130, ""},
	}
}

func (r *results) targetTable() table {
	t := table{Title: "Targets", Head: []string{"what", "asked", "measured", "verdict"}}
	for _, one := range targets() {
		o := r.find(one.scenario, ours)
		if o == nil {
			continue // a part of the scenarios was asked for
		}
		value, ok := report.Median(o.all(one.of.of))
		most := one.most
		if one.than != "" {
			other := r.find(one.scenario, one.than)
			if other == nil {
				continue
			}
			var measured bool
			most, measured = report.Median(other.all(one.of.of))
			ok = ok && measured
		}
		if !ok {
			t.Rows = append(t.Rows, []string{one.what, "", "", "**not measured**"})
			continue
		}
		verdict := "met"
		if math.Round(10*value) > math.Round(10*most) { // as precisely as seconds are shown
			verdict = "**not met**"
		}
		t.Rows = append(t.Rows, []string{one.what, fmt.Sprintf("at most %s", one.of.show(most)), o.cell(one.of), verdict})
	}
	return t
}
