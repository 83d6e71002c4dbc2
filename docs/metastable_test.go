package docs_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// storm is a run of the retry storm, in stretches of time.
type storm struct {
	Calls    struct{ Good, Failed, Retries int }
	Timeline struct {
		Step           float64
		Idle           []float64
		Attempts, Good []int
	}
}

// The flags of the commands on the page.
const (
	stormFlags = "-rate 140 -hold 0 -workers 1 -service exp:5ms -max-active 50 -wait -timeout 150ms -retries 2 -stall 8s+5s "
	withBudget = "-retry-budget 10% "
	stallBegin = 8.0
	stallEnd   = 13.0
)

func runStorm(t *testing.T, flags string) *storm {
	out, err := poolsim(t, append([]string{"run", "-format", "json"}, strings.Fields(stormFlags+flags)...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	s := new(storm)
	if err := json.Unmarshal(out, s); err != nil {
		t.Fatal(err)
	}
	return s
}

// rate returns how many there are in a second, in a part of the run.
func (s *storm) rate(counts []int, from, to float64) float64 {
	sum := 0
	for i, n := range counts {
		if at := float64(i) * s.Timeline.Step; from <= at && at+s.Timeline.Step <= to {
			sum += n
		}
	}
	return float64(sum) / (to - from)
}

// The picture is what the command on the page draws.
func TestStormPicture(t *testing.T) {
	page := strings.Join(strings.Fields(strings.ReplaceAll(read(t, "walkthroughs/metastable/index.md"), "\\\n", "")), " ")
	for _, command := range []string{
		"poolsim run " + stormFlags + "-duration 40s -svg metastable.svg",
		"poolsim validate -redis localhost:6390 " + stormFlags + "-duration 30s -svg real.svg",
	} {
		if !strings.Contains(page, command) {
			t.Errorf("the page has not %q", command)
		}
	}
	file := filepath.Join(t.TempDir(), "storm.svg")
	if err := poolsim(t, append([]string{"run"}, strings.Fields(stormFlags+"-duration 40s -svg "+file)...)...).Run(); err != nil {
		t.Fatal(err)
	}
	if read(t, file) != read(t, "pictures/metastable.svg") {
		t.Error("the command draws another picture")
	}
}

// The upper panels of the pictures beside the real server, and the page's table, have the figures
// of the simulation.
func TestStormBesideTheRealServer(t *testing.T) {
	page := read(t, "walkthroughs/metastable/index.md")
	for file, flags := range map[string]string{"metastable-real.svg": "", "metastable-real-budget.svg": withBudget} {
		s := runStorm(t, flags+"-duration 30s")
		svg := read(t, "pictures/"+file)
		for class, counts := range map[string][]int{"l3": s.Timeline.Attempts, "l0": s.Timeline.Good} {
			if why := drawn(svg, class, counts); why != "" {
				t.Errorf("%s, line %s: %s", file, class, why)
			}
		}
		figures := []int{s.Calls.Good}
		if flags == "" {
			figures = append(figures, s.Calls.Failed, s.Calls.Retries)
		}
		for _, n := range figures {
			if text := strconv.Itoa(n/1000) + "," + strconv.Itoa(1000 + n%1000)[1:]; !strings.Contains(page, text) {
				t.Errorf("with %q there are %s, and the page has another figure", flags, text)
			}
		}
	}
}

// drawn returns why the first line of a class does not show the counts, or "". All heights are
// the counts times one scale.
func drawn(svg, class string, counts []int) string {
	found := regexp.MustCompile(`<path class="l ` + class + `" d="([^"]*)"`).FindStringSubmatch(svg)
	if found == nil {
		return "there is none"
	}
	points := strings.FieldsFunc(found[1], func(r rune) bool { return r == 'M' || r == 'L' })
	if len(points) != len(counts) {
		return "it has another number of points"
	}
	var heights []float64
	for _, point := range points {
		_, y, _ := strings.Cut(point, " ")
		height, err := strconv.ParseFloat(y, 64)
		if err != nil {
			return err.Error()
		}
		heights = append(heights, height)
	}
	most, least := slices.Max(counts), slices.Min(counts)
	scale := (slices.Max(heights) - slices.Min(heights)) / float64(most-least)
	bottom := slices.Max(heights) + scale*float64(least)
	for i, n := range counts {
		if math.Abs(bottom-heights[i]-scale*float64(n)) > 0.2 { // of a pixel
			return "it shows other counts"
		}
	}
	return ""
}

// The simulation has the shapes that the page describes: without a budget no call is good after
// the stall, and there are three times as many tries. With one, calls are good as soon as the
// server goes on.
func TestStormShape(t *testing.T) {
	s := runStorm(t, "-duration 40s")
	near := func(what string, got, want float64) {
		if math.Abs(got/want-1) > 0.05 {
			t.Errorf("%s: %.1f a second, want about %v", what, got, want)
		}
	}
	near("good calls before the stall", s.rate(s.Timeline.Good, 0, stallBegin), 140)
	near("tries after it", s.rate(s.Timeline.Attempts, 20, 40), 3*140)
	if n := s.rate(s.Timeline.Good, stallBegin+1, 40); n > 0 {
		t.Errorf("after the stall began %.1f calls a second are good, want none", n)
	}
	if first := int((stallEnd + 2) / s.Timeline.Step); slices.Max(s.Timeline.Idle[first:len(s.Timeline.Idle)-10]) >= 1 {
		t.Error("after the stall there are idle connections")
	}
	b := runStorm(t, withBudget+"-duration 40s")
	near("good calls with a budget, a second after the stall", b.rate(b.Timeline.Good, stallEnd+1, 40), 140)
	if peak := b.rate(b.Timeline.Attempts, stallBegin, stallEnd); peak > 1.15*140 {
		t.Errorf("with a budget there are %.1f tries a second in the stall, want a tenth more than calls", peak)
	}
}

func read(t *testing.T, name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
