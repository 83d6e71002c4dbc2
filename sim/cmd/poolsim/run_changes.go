package main

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/figures"
	"github.com/respool/respool/sim/internal/picture"
)

// changesPanel draws opens and closes over time, at the instants x. The most frequent
// reasons of a close have lines of their own. It returns nil if nothing was opened or
// closed.
func changesPanel(r *sim.Report, x []float64, time picture.Axis) picture.Panel {
	t := &r.Timeline
	if r.MostOpens == 0 && len(t.Closes) == 0 {
		return nil
	}
	lines := []picture.Line{{Name: "opens", Color: 0, X: x, Y: asFloats(t.Opens), Area: true}}
	const own = 2 // more than this would not be told apart
	reasons := closeReasons(r)
	rest := make([]float64, len(x))
	for i, why := range reasons {
		closes := asFloats(t.Closes[why])
		switch {
		case i < own || len(reasons) == own+1:
			lines = append(lines, picture.Line{Name: "closed: " + strings.ReplaceAll(why, "_", " "), Color: i + 1, X: x, Y: closes})
		default:
			for j, n := range closes {
				rest[j] += n
			}
		}
	}
	if len(reasons) > own+1 {
		lines = append(lines, picture.Line{Name: "closed: others", Color: own + 1, X: x, Y: rest})
	}
	return &picture.Lines{
		Title: "Opens and closes", X: time,
		Y:     picture.Axis{Label: "in each " + figures.Seconds(t.Step), Format: figures.Number, Whole: true},
		Lines: lines,
	}
}

// closeReasons returns the reasons of a timeline, the most frequent first.
func closeReasons(r *sim.Report) []string {
	return slices.SortedFunc(maps.Keys(r.Timeline.Closes), func(a, b string) int {
		return cmp.Or(cmp.Compare(r.Closes[b], r.Closes[a]), cmp.Compare(a, b))
	})
}

func asFloats(all []uint64) []float64 {
	out := make([]float64, len(all))
	for i, n := range all {
		out[i] = float64(n)
	}
	return out
}
