package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/figures"
)

// describeFleet describes the instances, or returns "" if there is one pool.
func describeFleet(f *sim.Fleet) string {
	if f.Instances == 0 {
		return ""
	}
	text := times(f.Instances, "instance") + ", each with such a pool and such a load"
	if d := f.Deploy; d.Every > 0 {
		text += fmt.Sprintf("; from %v on one is replaced every %v, and is gone for %v", d.At, d.Every, d.Down)
	}
	if a := f.Autoscale; a.Every > 0 {
		text += fmt.Sprintf("; every %v one is started above %s of use, and stopped below %s, from %d to %d instances", a.Every,
			figures.Percent(a.High), figures.Percent(a.Low), max(a.Min, 1), max(a.Max, f.Instances))
	}
	return text
}

// writeFleet writes what the instances have together, and which is the worst.
func writeFleet(w io.Writer, r *sim.Report, width int) {
	f := r.Fleet
	if f == nil {
		return
	}
	text := fmt.Sprintf("%s, %s live on average; the server has at most %s connections", times(f.Instances, "instance"),
		figures.Number(f.MeanLive), figures.Count(uint64(f.Connections)))
	if f.Refused > 0 {
		text += fmt.Sprintf("; it has refused %s more", figures.Count(f.Refused))
	}
	if f.Starts+f.Stops > 0 {
		text += fmt.Sprintf("; %s and %s", times(f.Stops, "stop"), times(f.Starts, "start"))
	}
	io.WriteString(w, "\n")
	writeHead(w, width, "fleet", text)
	x := &f.Each[f.Worst]
	writeHead(w, width, "worst", fmt.Sprintf("instance %d: wait p99 %s (all: %s), longest %s; refused %s (all: %s); %s of %s opens failed",
		x.Instance, figures.Seconds(x.WaitP99), figures.Seconds(r.Wait.P99), figures.Seconds(x.WaitMax),
		figures.Percent(x.RefusedFraction), figures.Percent(r.RefusedFraction), figures.Count(x.OpensFailed), figures.Count(x.Opens+x.OpensFailed)))
	writeDeadlocked(w, f, width)
}

// writeDeadlocked writes which instances had deadlocks.
func writeDeadlocked(w io.Writer, f *sim.FleetReport, width int) {
	var all []string
	for i := range f.Each {
		if n := f.Each[i].Deadlocks; n > 0 {
			all = append(all, fmt.Sprintf("%d (%d)", i, n))
		}
	}
	if len(all) > 0 {
		writeHead(w, width, "stuck", "instances with deadlocks, and how many: "+strings.Join(all, ", "))
	}
}
