package main

import (
	"fmt"
	"io"
	"math"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/blocks"
	"github.com/respool/respool/sim/internal/figures"
)

const chartRows = 3

// chartLeft is the width of the labels on the left of a chart.
const chartLeft = 17

// maxChart is the most columns of a chart.
const maxChart = 72

// writeTimeline draws the pool's levels, and the length of its queue.
func writeTimeline(w io.Writer, sc *sim.Scenario, r *sim.Report, width int) {
	t := &r.Timeline
	columns := min(width-chartLeft, maxChart)
	if len(t.Active) == 0 {
		return
	}
	queue := make([]float64, len(t.Queue))
	for i, n := range t.Queue {
		queue[i] = float64(n)
	}
	of := largest(t.Active)
	fmt.Fprintf(w, "\nover time\n")
	writeArea(w, "active", t.Active, of, columns)
	writeArea(w, "leased", t.Leased, of, columns)
	writeArea(w, "idle", t.Idle, of, columns)
	writeArea(w, "in queue", queue, largest(queue), columns)
	if r.Calls != nil {
		attempts, good := perSecond(t.Attempts, t.Step), perSecond(t.Good, t.Step)
		most := largest(attempts)
		writeArea(w, "tries/s", attempts, most, columns)
		writeArea(w, "good/s", good, most, columns)
	}
	changed := writeChanges(w, t, columns)
	begin := float64(sc.WarmUp) / 1e9
	left := figures.Seconds(begin)
	right := figures.Seconds(begin + float64(t.Step*float64(len(t.Active))))
	fmt.Fprintf(w, "%15s └%s%*s\n", "", left, columns-len([]rune(left)), right)
	if changed {
		fmt.Fprintf(w, "%15s  opens and closes: in each %s\n", "", figures.Seconds(t.Step))
	}
}

// writeChanges draws the openings and the closes of connections, if there are any. It reports
// whether there are.
func writeChanges(w io.Writer, t *sim.Timeline, columns int) bool {
	opens, all := make([]float64, len(t.Active)), make([]float64, len(t.Active))
	for i := range opens {
		opens[i] = float64(t.Opens[i])
	}
	for _, closes := range t.Closes {
		for i, n := range closes {
			all[i] += float64(n)
		}
	}
	if largest(opens)+largest(all) == 0 {
		return false
	}
	writeArea(w, "opens", opens, largest(opens), columns)
	writeArea(w, "closes", all, largest(all), columns)
	return true
}

func writeArea(w io.Writer, name string, values []float64, top float64, columns int) {
	if top == 0 {
		fmt.Fprintf(w, "%-8s %6s │ never\n", name, "")
		return
	}
	for i, row := range blocks.Area(values, top, columns, chartRows) {
		label := ""
		switch i {
		case 0:
			label = figures.Number(top)
		case chartRows - 1:
			label = "0"
		}
		if i > 0 {
			name = ""
		}
		fmt.Fprintf(w, "%-8s %6s │%s\n", name, label, row)
	}
}

// perSecond returns counts of stretches of time as rates.
func perSecond(counts []uint64, step float64) (rates []float64) {
	for _, n := range counts {
		rates = append(rates, float64(n)/step)
	}
	return rates
}

func largest(values []float64) float64 {
	top := 0.0
	for _, v := range values {
		top = math.Max(top, v)
	}
	return top
}

// writeWaits draws how long requests waited, in steps of 1, 2 and 5.
func writeWaits(w io.Writer, r *sim.Report, width int) {
	if r.WaitedFraction == 0 {
		fmt.Fprintf(w, "\nnobody had to wait\n")
		return
	}
	fmt.Fprintf(w, "\nwaits of those who were granted\n")
	bars := min(42, width-chartLeft-9)
	line := func(name string, share float64) {
		fmt.Fprintf(w, "%15s │%-*s %s\n", name, bars, blocks.Bar(share, bars), figures.Percent(share))
	}
	line("none", 1-r.WaitedFraction)
	steps := waitSteps(r)
	above := r.WaitedFraction
	for i, step := range steps {
		next := r.WaitAbove(secondsOf(step))
		if i == len(steps)-1 {
			next = 0
		}
		line("up to "+figures.Seconds(step), above-next)
		above = next
	}
}

// waitSteps returns the upper ends of the bars. More than 2 % of the waits are below the
// first, and none is above the last.
func waitSteps(r *sim.Report) []float64 {
	var steps []float64
	for power := 1e-9; ; power = float64(power * 10) {
		for _, m := range []float64{1, 2, 5} {
			step := float64(m * power)
			if r.WaitedFraction-r.WaitAbove(secondsOf(step)) > 0.02*r.WaitedFraction || r.Wait.Max <= step {
				steps = append(steps, step)
			}
			if r.Wait.Max <= step {
				return steps
			}
		}
	}
}
