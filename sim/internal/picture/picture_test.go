package picture_test

import (
	"bytes"
	"encoding/xml"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/respool/respool/sim/internal/picture"
)

func number(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }

// drawn returns the picture of a panel, which must be well-formed.
func drawn(t *testing.T, p picture.Panel) string {
	t.Helper()
	svg := (&picture.Picture{Title: "a < b & c", Panels: []picture.Panel{p}}).SVG()
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		if _, err := d.Token(); err == io.EOF {
			return string(svg)
		} else if err != nil {
			t.Fatalf("%v\n%s", err, svg)
		}
	}
}

// labels returns the texts of the ticks: those of the horizontal axis stand in
// the middle, those of the vertical one end where it begins.
func labels(svg, anchor string) (all []string) {
	found := regexp.MustCompile(`<text class="soft" x="[^"]*" y="[^"]*" text-anchor="`+anchor+`">([^<]*)<`).FindAllStringSubmatch(svg, -1)
	for _, m := range found {
		all = append(all, m[1])
	}
	return all
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		name       string
		axis       picture.Axis
		from, upto float64
		want       []string
	}{
		{"from zero", picture.Axis{}, 3, 10, []string{"0", "2", "4", "6", "8", "10"}},
		{"to an end", picture.Axis{Max: 1}, 0, 0.4, []string{"0", "0.2", "0.4", "0.6", "0.8", "1"}},
		{"with the data", picture.Axis{Tight: true}, 4, 20, []string{"5", "10", "15", "20"}},
		{"whole", picture.Axis{Tight: true, Whole: true}, 1, 4, []string{"1", "2", "3", "4"}},
		{"of a clock", picture.Axis{Tight: true, Clock: true}, 0, 300, []string{"0", "60", "120", "180", "240", "300"}},
		{"decades", picture.Axis{Log: true}, 0.001, 10, []string{"0.001", "0.01", "0.1", "1", "10"}},
		{"parts of a decade", picture.Axis{Log: true}, 1, 10, []string{"1", "2", "5", "10"}},
		{"one value", picture.Axis{Tight: true}, 7, 7, []string{"7", "7.2", "7.4", "7.6", "7.8", "8"}},
		{"nothing", picture.Axis{}, math.NaN(), math.NaN(), []string{"0", "0.2", "0.4", "0.6", "0.8", "1"}},
	} {
		c.axis.Format = number
		svg := drawn(t, &picture.Lines{
			X:     picture.Axis{Format: func(float64) string { return "" }},
			Y:     c.axis,
			Lines: []picture.Line{{X: []float64{0, 1}, Y: []float64{c.from, c.upto}}},
		})
		if diff := cmp.Diff(c.want, labels(svg, "end")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestLines(t *testing.T) {
	svg := drawn(t, &picture.Lines{
		Title: "x & y", X: picture.Axis{Format: number, Label: "<x>"}, Y: picture.Axis{Format: number, Label: "<y>", Log: true},
		Lines: []picture.Line{
			{Name: "one", Color: 1, X: []float64{1, 2, 3, 4}, Y: []float64{1, 10, 0, 100}, Area: true, Dots: true},
			{Name: "band", Color: 2, X: []float64{1, 2}, Y: []float64{2, 3}, Low: []float64{1, 2}, High: []float64{3, math.Inf(1)}},
			{Name: "never", Color: 3, X: []float64{1}, Y: []float64{math.Inf(1)}},
		},
		Marks: []picture.Mark{{At: 2, Text: "left"}, {At: 4, Text: "right"}, {At: 50, OnY: true, Text: "limit"}},
	})
	for want, n := range map[string]int{
		`class="l l1" d="M`: 1, `class="l l3" d=`: 0, "<circle": 3, `class="mark"`: 3, "limit": 1, "&lt;x&gt;": 1, "&lt;y&gt;": 1,
		"prefers-color-scheme:dark": 1, "a &lt; b &amp; c": 2,
	} {
		if got := strings.Count(svg, want); got != n {
			t.Errorf("%q is there %d times, want %d", want, got, n)
		}
	}
	if one := regexp.MustCompile(`class="l l1" d="([^"]*)"`).FindStringSubmatch(svg)[1]; strings.Count(one, "M") != 2 {
		t.Errorf("the line is not interrupted where it has no value: %s", one)
	}
}

func TestHeat(t *testing.T) {
	svg := drawn(t, &picture.Heat{
		X: []string{"a", "b", "c"}, Y: []string{"1", "2"}, XLabel: "x", YLabel: "y", Format: number, Legend: "good", Log: true,
		Values: [][]float64{{1, 10, 100}, {0, math.Inf(1), math.NaN()}},
		Meets:  [][]bool{{true, true, false}, {true, false, false}},
	})
	if diff := cmp.Diff([]string{"a", "b", "c", "x"}, labels(svg, "middle")); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	// Three cells with a frame share two sides: twelve less two of each.
	if n := strings.Count(svg, `<line class="meets"`); n != 8 {
		t.Errorf("%d sides have a line, want 8", n)
	}
	dark, light := strings.Count(svg, `fill="#00224e"`), strings.Count(svg, `fill="#fee838"`)
	if dark != 2 || light != 3 {
		t.Errorf("%d cells are of the darkest color, %d of the lightest; want 2 and 3", dark, light)
	}
}
