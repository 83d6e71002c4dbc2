//go:build !js

package main

import (
	"fmt"
	"math"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/figures"
	"github.com/respool/respool/sim/internal/picture"
)

// realGood is the good calls of the real run over time, for as long as the virtual run.
func (v *validation) realGood() []uint64 { return v.real.Good[:v.stretches()] }

// stretches is how many stretches of time both runs have.
func (v *validation) stretches() int { return min(len(v.real.Good), len(v.virtual.Timeline.Good)) }

// mostTries is the highest rate of tries in both runs.
func (v *validation) mostTries() float64 {
	step := v.virtual.Timeline.Step
	return math.Max(largest(perSecond(v.virtual.Timeline.Attempts, step)), largest(perSecond(v.real.Attempts, step)))
}

// picture draws the virtual run beside the real one.
func (v *validation) picture() *picture.Picture {
	p := &picture.Picture{
		Title:    "Virtual and real",
		Subtitle: fmt.Sprintf("%s · %s", describeLoad(v.scenario), describePool(v.scenario)),
	}
	if v.virtual.Calls != nil {
		t := &v.virtual.Timeline
		p.Panels = append(p.Panels, v.callsPanel("Virtual time", t.Attempts, t.Good),
			v.callsPanel("Real time, on a real server", v.real.Attempts, v.real.Good))
	}
	p.Panels = append(p.Panels, v.totalPanel())
	return p
}

func (v *validation) callsPanel(title string, attempts, good []uint64) picture.Panel {
	n, step := v.stretches(), v.virtual.Timeline.Step
	x := make([]float64, n)
	for i := range x {
		x[i] = float64(step * (float64(i) + 0.5))
	}
	return &picture.Lines{
		Title: title,
		X:     picture.Axis{Label: "time", Format: figures.Seconds, Tight: true, Clock: true},
		Y:     picture.Axis{Label: "a second", Format: figures.Number, Max: float64(1.05 * v.mostTries())},
		Lines: []picture.Line{
			{Name: "tries", Color: 3, X: x, Y: perSecond(attempts[:n], step)},
			{Name: "good calls", Color: 0, X: x, Y: perSecond(good[:n], step), Area: true},
		},
		Marks: stallMarks(v.scenario),
	}
}

// totalPanel draws which share took longer than a time, in both runs.
func (v *validation) totalPanel() picture.Panel {
	const least = 1e-3
	virtual := v.virtual.TotalHistogram()
	end := math.Max(virtual.Quantile(1-least).Seconds(), v.real.Total.Quantile(1-least).Seconds())
	line := func(name string, color int, h *sim.Histogram) picture.Line {
		l := picture.Line{Name: name, Color: color}
		for i := range 201 {
			at := end * float64(i) / 200
			l.X, l.Y = append(l.X, at), append(l.Y, h.Above(secondsOf(at)))
		}
		return l
	}
	return &picture.Lines{
		Title: "How many took longer",
		X:     picture.Axis{Label: "total time", Format: figures.Seconds, Tight: true},
		Y:     picture.Axis{Label: "share of those granted", Format: figures.Percent, Log: true, Min: least, Max: 1},
		Lines: []picture.Line{line("virtual", 0, &virtual), line("real", 1, &v.real.Total)},
	}
}
