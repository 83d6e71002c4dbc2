package main

import (
	"fmt"
	"math"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/exact"
	"github.com/respool/respool/sim/internal/figures"
	"github.com/respool/respool/sim/internal/picture"
)

// runPicture draws the pool and its queue over time, and the waits.
func runPicture(sc *sim.Scenario, r *sim.Report) *picture.Picture {
	title := sc.Name
	if title == "" {
		title = describePool(sc)
	}
	p := &picture.Picture{
		Title: title,
		Subtitle: fmt.Sprintf("%s · %s requests, seed %d · refused %s", describeLoad(sc),
			figures.Count(r.Requests), r.Seed, figures.Percent(r.RefusedFraction)),
	}
	t := &r.Timeline
	x, queue := make([]float64, len(t.Active)), make([]float64, len(t.Active))
	for i := range x {
		x[i] = float64(sc.WarmUp)/1e9 + float64(t.Step*(float64(i)+0.5))
		queue[i] = float64(t.Queue[i])
	}
	time := picture.Axis{Label: "virtual time", Format: figures.Seconds, Tight: true, Clock: true}
	p.Panels = append(p.Panels, levelsPanel(sc, r, x, time))
	if r.Peak.Waiting > 0 {
		p.Panels = append(p.Panels, &picture.Lines{
			Title: "Requests in the queue", X: time,
			Y: picture.Axis{Label: "requests", Format: figures.Number, Whole: true},
			Lines: []picture.Line{
				{Name: "longest", Color: 3, X: x, Y: queue},
				{Name: "mean", Color: 0, X: x, Y: t.Waiting, Area: true},
			},
		})
	}
	if r.Calls != nil {
		p.Panels = append(p.Panels, &picture.Lines{
			Title: "Calls", X: time,
			Y: picture.Axis{Label: "a second", Format: figures.Number},
			Lines: []picture.Line{
				{Name: "tries", Color: 3, X: x, Y: perSecond(t.Attempts, t.Step)},
				{Name: "good", Color: 0, X: x, Y: perSecond(t.Good, t.Step), Area: true},
			},
			Marks: stallMarks(sc),
		})
	}
	if changes := changesPanel(r, x, time); changes != nil {
		p.Panels = append(p.Panels, changes)
	}
	if r.WaitedFraction > 0 {
		p.Panels = append(p.Panels, waitPanel(r))
	}
	return p
}

// levelsPanel draws the number of connections, and max-active if the pool comes near it.
func levelsPanel(sc *sim.Scenario, r *sim.Report, x []float64, time picture.Axis) picture.Panel {
	t := &r.Timeline
	levels := &picture.Lines{
		Title: "Connections", X: time,
		Y: picture.Axis{Label: "connections", Format: figures.Number, Whole: true},
		Lines: []picture.Line{
			{Name: "active", Color: 0, X: x, Y: t.Active},
			{Name: "leased", Color: 1, X: x, Y: t.Leased},
			{Name: "idle", Color: 2, X: x, Y: t.Idle},
		},
	}
	if most := sc.Pool.MaxActive; most > 0 && float64(most) < 2*float64(r.Peak.Active) {
		levels.Marks = []picture.Mark{{At: float64(most), OnY: true, Text: "max-active"}}
		levels.Y.Max = float64(1.12 * float64(most))
	}
	return levels
}

// stallMarks marks when the server stalls, and when it goes on.
func stallMarks(sc *sim.Scenario) (all []picture.Mark) {
	for _, s := range sc.World.Stalls {
		all = append(all, picture.Mark{At: float64(s.At) / 1e9, Text: "stall"}, picture.Mark{At: float64(s.At+s.For) / 1e9, Text: "goes on"})
	}
	return all
}

// waitPanel draws which share waited longer than a time, on a logarithmic scale: one in a
// thousand is as visible as one in two.
func waitPanel(r *sim.Report) picture.Panel {
	// As far as one in 10,000, and not where only a handful are left.
	least := math.Max(1e-4, 10/float64(max(r.Wait.Count, 100)))
	least = math.Min(exact.Pow10(math.Floor(exact.Log10(least)+1e-9)), 0.1)
	end := r.WaitQuantile(1 - least)
	var line picture.Line
	for i := range 201 {
		at := end * float64(i) / 200
		line.X, line.Y = append(line.X, at), append(line.Y, r.WaitAbove(secondsOf(at)))
	}
	line.Area = true
	panel := &picture.Lines{
		Title: "How many waited longer",
		X:     picture.Axis{Label: "wait", Format: figures.Seconds, Tight: true},
		Y:     picture.Axis{Label: "share of those granted", Format: figures.Percent, Log: true, Min: least, Max: 1},
		Lines: []picture.Line{line},
	}
	for _, q := range []struct {
		name string
		at   float64
	}{{"p50", r.Wait.P50}, {"p90", r.Wait.P90}, {"p99", r.Wait.P99}, {"p99.9", r.Wait.P999}} {
		if q.at > 0 && q.at <= end {
			panel.Marks = append(panel.Marks, picture.Mark{At: q.at, Text: q.name + " " + figures.Seconds(q.at)})
		}
	}
	return panel
}
