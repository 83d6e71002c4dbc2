//go:build !js

package main

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/respool/respool/sim/internal/figures"
)

// A real figure is near a virtual one if they differ by a tenth at most, or by less than
// timers of a system can tell.
const (
	nearShare = 0.1
	nearTime  = 100 * time.Microsecond
)

func near(real, virtual float64) bool {
	return math.Abs(real-virtual) <= math.Max(float64(nearShare*virtual), nearTime.Seconds())
}

// judged returns the figures that have a verdict.
func (v *validation) judged() (all []comparison) {
	for _, of := range []struct {
		name    string
		figures []comparison
	}{{"wait", v.comparisons()}, {"total", v.totals()}} {
		for _, c := range of.figures {
			if c.name == "p50" || c.name == "p99" {
				c.name = of.name + " " + c.name
				all = append(all, c)
			}
		}
	}
	return all
}

// writeWithin says which figures of the real run are near the virtual ones.
func (v *validation) writeWithin(b *bytes.Buffer, width int) {
	verdict := func(of func(comparison) float64) string {
		var all []string
		for _, c := range v.judged() {
			is := "no"
			if near(c.real, of(c)) {
				is = "yes"
			}
			all = append(all, c.name+" "+is)
		}
		return strings.Join(all, ", ")
	}
	fmt.Fprintf(b, "\nwithin %s, or %v, of the virtual run, and of that with overhead\n", figures.Percent(nearShare), nearTime)
	writeHead(b, width, "virtual", verdict(func(c comparison) float64 { return c.virtual }))
	writeHead(b, width, "overhead", verdict(func(c comparison) float64 { return c.adjusted }))
	if text := v.delayed(); text != "" {
		writeText(b, width, text)
	}
	b.WriteByte('\n')
}

// delayed says that the machine held workers up for longer than a visit takes, or returns "".
func (v *validation) delayed() string {
	late, visit := v.real.Worker.Quantile(0.99), v.scenario.World.Server.Service.Mean()
	if late <= visit {
		return ""
	}
	return fmt.Sprintf("The machine was busy: one visit in a hundred kept its worker %s longer than drawn, and a visit takes %s. The queue grows meanwhile, so what is not within %s may be the machine's part. Try again on an idle machine.",
		figures.Seconds(late.Seconds()), figures.Seconds(visit.Seconds()), figures.Percent(nearShare))
}

// aboutServer says what was measured of the real server, and what was made of that.
func (v *validation) aboutServer() string {
	return fmt.Sprintf("The wait is from arrival to grant, and the total to the end of the visit. Of visits to the idle server the median keeps its worker busy for %s longer than asked for,"+
		" so each visit asked for so much less, and for less by as much as the visits before it were late beyond that. The client sees %s more, p99 %s: in the right half holds are longer by that,"+
		" and by %s, by which timers and hand-overs were late. In the run workers were busy for %s longer than drawn, p99 %s, and the virtual server takes longer by the mean of that.",
		figures.Seconds(v.visits.Busy.Seconds()), figures.Seconds(v.visits.Client().Seconds()),
		figures.Seconds((v.visits.Idle.Quantile(0.99) - v.visits.Busy).Seconds()), figures.Seconds(v.real.Overhead().Seconds()),
		figures.Seconds(v.real.Worker.Mean().Seconds()), figures.Seconds(v.real.Worker.Quantile(0.99).Seconds()))
}
