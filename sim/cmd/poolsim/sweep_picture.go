package main

import (
	"fmt"
	"math"

	"github.com/respool/respool/sim/internal/exact"
	"github.com/respool/respool/sim/internal/figures"
	"github.com/respool/respool/sim/internal/picture"
)

func (s *sweep) picture() *picture.Picture {
	p := &picture.Picture{Title: s.base.Name, Subtitle: fmt.Sprintf("%s · %d seeds", describeLoad(s.base), s.seeds)}
	if p.Title == "" {
		p.Title = "Sweep over " + s.describe()
	}
	if len(s.params) == 2 {
		p.Panels = s.maps()
	} else {
		p.Panels = s.lines()
	}
	return p
}

func (s *sweep) lines() []picture.Panel {
	param := s.params[0]
	line := func(name string, color int, banded bool) picture.Line {
		l := picture.Line{Name: name, Color: color, X: param.values, Dots: len(s.points) <= 40}
		for i := range s.points {
			f := s.points[i].figures[name]
			l.Y = append(l.Y, f.Mean)
			if banded && f.Known() {
				l.Low, l.High = append(l.Low, f.Low), append(l.High, f.High)
			}
		}
		return l
	}
	x := picture.Axis{Label: param.name, Format: param.format, Tight: true, Whole: param.kind == whole}
	waits := &picture.Lines{
		Title: "Wait", X: x,
		Y:     picture.Axis{Label: "wait", Format: figures.Seconds, Log: true},
		Lines: []picture.Line{line("p50", 2, false), line("p90", 3, false), line("p99", 0, true)},
	}
	shares := &picture.Lines{
		Title: "Refused, and use", X: x,
		Y:     picture.Axis{Label: "share", Format: figures.Percent, Max: 1},
		Lines: []picture.Line{line("refused", 1, true), line("waited", 3, false), line("utilization", 0, false)},
	}
	waits.Y.Min = minShown(waits.Lines)
	for _, t := range s.targets {
		to := waits
		if t.shares {
			to = shares
		}
		to.Marks = append(to.Marks, picture.Mark{At: t.limit, OnY: true, Text: t.text})
	}
	for _, a := range s.advice() {
		if a.best != nil {
			at := param.values[a.best.values[0]]
			text := fmt.Sprintf("%s %s meets it", param.name, param.format(at))
			waits.Marks = append(waits.Marks, picture.Mark{At: at, Text: text})
			shares.Marks = append(shares.Marks, picture.Mark{At: at})
		}
	}
	return []picture.Panel{waits, shares}
}

// minShown returns the beginning of a logarithmic axis of waits. It is the decade of the
// shortest wait, but at most about five decades below the longest one, and at least a
// microsecond.
func minShown(lines []picture.Line) float64 {
	low, top := math.Inf(1), 0.0
	for _, l := range lines {
		for _, v := range l.Y {
			if v > 0 && !math.IsInf(v, 0) {
				low, top = math.Min(low, v), math.Max(top, v)
			}
		}
	}
	if top == 0 {
		return 0
	}
	return exact.Pow10(math.Floor(exact.Log10(math.Max(math.Max(low, 1e-6), float64(top*1e-5))) + 1e-9))
}

// maps draws the figure of the first target, or p99, and the refusals if there are any.
func (s *sweep) maps() []picture.Panel {
	shown := []metric{}
	for _, m := range metrics() {
		if m.name == "p99" && len(s.targets) == 0 || m.name == "refused" && s.any("refused") {
			shown = append(shown, m)
		}
	}
	for _, t := range s.targets {
		if t.name != "refused" {
			shown = append([]metric{t.metric}, shown...)
		}
	}
	var panels []picture.Panel
	for _, m := range shown {
		panels = append(panels, s.heat(m))
	}
	return panels
}

func (s *sweep) any(name string) bool {
	for i := range s.points {
		if s.points[i].figures[name].Mean > 0 {
			return true
		}
	}
	return false
}

func (s *sweep) heat(m metric) *picture.Heat {
	x, y := s.params[0], s.params[1]
	h := &picture.Heat{Title: m.name, XLabel: x.name, YLabel: y.name, Format: m.format, Log: !m.shares}
	if !m.shares {
		h.Title += " of the wait"
	}
	for _, v := range x.values {
		h.X = append(h.X, x.format(v))
	}
	for row, v := range y.values {
		h.Y = append(h.Y, y.format(v))
		var values []float64
		var meets []bool
		for col := range x.values {
			p := &s.points[col*len(y.values)+row]
			values, meets = append(values, p.figures[m.name].Mean), append(meets, p.meets)
		}
		h.Values = append(h.Values, values)
		if len(s.targets) > 0 {
			h.Meets, h.Legend = append(h.Meets, meets), "meets "+s.wanted()
		}
	}
	return h
}
