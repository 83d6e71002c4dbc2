package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUnmetTarget(t *testing.T) {
	onlyFigures(t)
	line := "sweep -rate 2000 -hold exp:3ms -requests 2000 -max-active 2:4 -target refused=0.1% "
	r := poolsim("", line)
	if r.status != exitViolated || !strings.Contains(r.out, "no pool from max-active 2 to 4 meets refused=0.1%") {
		t.Errorf("status %d\n%s%s", r.status, r.out, r.err)
	}
	r = poolsim("", line+"-format json")
	v := decoded(t, r.out)
	if r.status != exitViolated || at(v, "met") != false {
		t.Errorf("status %d, met %v", r.status, at(v, "met"))
	}
	r = poolsim("", "sweep -rate 500:1000:500 -hold exp:3ms -wait -requests 2000 -max-active 3:5 -target p99=9ms -format json")
	v = decoded(t, r.out)
	if r.status != exitOK || at(v, "met") != true || len(at(v, "smallest").([]any)) != 2 {
		t.Errorf("for two rates: status %d\n%s", r.status, r.out)
	}
}

// A refused request counts in a percentile as one that waits without end. This pool refuses a
// third and grants the others at once, so it meets a p50 and no p99.
func TestRefusedCountsAsInfinite(t *testing.T) {
	onlyFigures(t)
	line := "sweep -rate 1000 -hold exp:1ms -requests 2000 -max-active 1:3 -format json -target "
	for target, want := range map[string]int{"p50=1ms": exitOK, "p99=1ms": exitViolated, "mean=1ms": exitOK, "total.p50=3ms": exitOK} {
		if r := poolsim("", line+target); r.status != want {
			t.Errorf("-target %s: status %d, want %d\n%s%s", target, r.status, want, r.out, r.err)
		}
	}
}

// TestRefusalsDecideAPercentile has pools that do not wait: every p99 is zero, and how many requests are refused decides
// which pool meets it. So the verdict says how many are.
func TestRefusalsDecideAPercentile(t *testing.T) {
	onlyFigures(t)
	for line, want := range map[string]string{
		"-max-active 11:12 -seeds 3": "(12 meets it on average, but this is not certain: p99 0, between 0 and 0 with 95 % confidence; refused, out of patience or timed out 0.767 %, between",
		"-max-active 12:13 -seeds 3": "max-active 13 is the smallest that meets p99=5ms: p99 0, between 0 and 0 with 95 % confidence; refused, out of patience or timed out",
		"-max-active 13:14 -seeds 1": "p99 0 in one run; refused, out of patience or timed out 0.2 % in one run (at most 1 % may be)",
		"-max-active 13:14 -wait":    "p99 0, between 0 and 0 with 95 % confidence (it is the smallest",
	} {
		r := poolsim("", "sweep -rate 2000 -hold exp:3ms -requests 2000 -target p99=5ms "+line)
		if text := strings.Join(strings.Fields(r.out), " ") + "\n"; !strings.Contains(text, strings.TrimSpace(want)) {
			t.Errorf("%s: %s\nlacks %s", line, r.out, want)
		}
	}
}

// TestSameChance wants that a point of a sweep is what run says of it.
func TestSameChance(t *testing.T) {
	onlyFigures(t)
	one := decoded(t, ok(t, "run -format json"+small))
	all := decoded(t, ok(t, "sweep -seeds 1 -max-active 6:8 -format json"+small[:strings.Index(small, "-max-active 8")]+small[strings.Index(small, "-wait"):]))
	points := at(all, "points").([]any)
	last := points[len(points)-1]
	for figure, path := range map[string]string{
		"mean": "wait.mean", "p99": "wait.p99", "total.p90": "total.p90", "waited": "waited_fraction", "utilization": "utilization",
	} {
		f := at(last, "figures").(map[string]any)[figure].(map[string]any)
		if f["mean"] != at(one, path) {
			t.Errorf("%s is %v in the sweep, %v in the run", figure, f["mean"], at(one, path))
		}
	}
}

func TestSpan(t *testing.T) {
	for _, c := range []struct {
		kind kind
		text string
		want []string
	}{
		{whole, "4:8", []string{"4", "5", "6", "7", "8"}},
		{whole, "4:10:4", []string{"4", "8"}},
		{whole, "8,4,-1", []string{"8", "4", "-1"}},
		{decimal, "100:200:50", []string{"100", "150", "200"}},
		{decimal, "0.1:0.3:0.1", []string{"0.1", "0.2", "0.3"}},
		{decimal, "0:100", []string{"0", "10", "20", "30", "40", "50", "60", "70", "80", "90", "100"}},
		{length, "1ms:2ms:500us", []string{"1ms", "1.5ms", "2ms"}},
		{length, "1ms,1s", []string{"1ms", "1s"}},
	} {
		p, err := parseSpan(option{kind: c.kind}, c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
		} else if diff := cmp.Diff(c.want, p.texts); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.text, diff)
		}
	}
}

// An interval comes from the spread of several seeds.
func TestOneSeedShowsNoSpread(t *testing.T) {
	onlyFigures(t)
	line := "sweep -rate 1000 -hold exp:2ms -wait -max-active 3:4 -requests 2000 -seeds 1 -target p99=1s"
	out := ok(t, line)
	if strings.Contains(out, "confidence") || strings.Contains(out, "[") || strings.Count(out, "one seed shows no spread") != 2 {
		t.Error(out)
	}
	v := decoded(t, ok(t, line+" -format json"))
	f := at(at(v, "points").([]any)[0], "figures").(map[string]any)["p99"].(map[string]any)
	if f["low"] != nil || f["high"] != nil || f["mean"] == nil || at(v, "interval") != "none: one seed shows no spread" {
		t.Errorf("p99 %v, interval %v", f, at(v, "interval"))
	}
}

// A short run of an overloaded pool has short waits.
func TestOverloadMeetsNothing(t *testing.T) {
	onlyFigures(t)
	line := "sweep -rate 2000 -hold exp:3ms -wait -max-active 5:8 -duration 500ms -target p99=2s"
	out := ok(t, line)
	if !strings.Contains(out, "max-active 7 is the smallest") || !strings.Contains(out, "depend on the length of the run") {
		t.Error(out)
	}
	v := decoded(t, ok(t, line+" -all -format json"))
	for i, want := range []bool{true, true, false, false} {
		p := at(v, "points").([]any)[i].(map[string]any)
		if p["overloaded"] != want || p["meets"] == want || p["offered_load"] != 6. {
			t.Errorf("point %d: %v %v %v", i, p["overloaded"], p["meets"], p["offered_load"])
		}
	}
	r := poolsim("", "sweep -rate 2000 -hold exp:3ms -wait -max-active 5:6 -duration 500ms -target p99=2s")
	if r.status != exitViolated || !strings.Contains(r.out, "no pool from max-active 5 to 6 meets") {
		t.Errorf("status %d\n%s%s", r.status, r.out, r.err)
	}
}

// A pool without a limit is the largest.
func TestNoLimitIsNotTheSmallest(t *testing.T) {
	onlyFigures(t)
	out := unwrapped(ok(t, "sweep -rate 2000 -hold exp:3ms -wait -max-active 0:12:4 -requests 5000 -target p99=50ms"))
	if !strings.Contains(out, "max-active 8 is the smallest") {
		t.Error(out)
	}
	out = unwrapped(ok(t, "sweep -rate 2000 -hold exp:3ms -wait -max-active 0:4:2 -requests 5000 -target p99=50ms"))
	if !strings.Contains(out, "no pool with a limit meets p99=50ms; one without (max-active 0) does") {
		t.Error(out)
	}
}

// A percentile is of those granted, in a sweep as in a run: that the server was
// down for some is what refused says.
func TestPercentileWithAnOutage(t *testing.T) {
	onlyFigures(t)
	rest := " -rate 1000 -hold 1ms -wait -requests 5000 -outage 1s+1s -max-active "
	run := decoded(t, ok(t, "run -format json"+rest+"8"))
	v := decoded(t, ok(t, "sweep -format json -target p99=5ms -seeds 1"+rest+"8:9"))
	f := at(at(v, "points").([]any)[0], "figures").(map[string]any)
	if p := f["p99"].(map[string]any)["mean"]; p != at(run, "wait.p99") {
		t.Errorf("p99 is %v in the sweep, %v in the run", p, at(run, "wait.p99"))
	}
	if p := f["refused"].(map[string]any)["mean"].(float64); p < 0.1 {
		t.Errorf("refused: %v", p)
	}
	if at(v, "met") != true {
		t.Errorf("met: %v", at(v, "met"))
	}
}

func TestShortRunsAreWarnedOf(t *testing.T) {
	onlyFigures(t)
	const load = "sweep -rate 2263 -hold exp:3ms -wait -max-active 7:8 -seeds 2 "
	if out := unwrapped(ok(t, load+"-requests 20000")); !strings.Contains(out, "warning: max-active 7: a run lasts 8.84s, ") || !strings.Contains(out, "give it -requests 4") {
		t.Error(out)
	}
	if out := unwrapped(ok(t, load+"-duration 20s")); !strings.Contains(out, "give it -duration 3m") {
		t.Error(out)
	}
	if out := ok(t, "sweep -rate 1000 -hold exp:3ms -wait -max-active 7:8 -seeds 2 -requests 20000"); strings.Contains(out, "warning") {
		t.Error(out)
	}
}

// TestSweepFromNoLimit begins a sweep with a pool without a limit.
func TestSweepFromNoLimit(t *testing.T) {
	r := poolsim("", "sweep -rate 20 -hold 3ms -wait -requests 20 -max-active 0:2")
	if !strings.Contains(r.out, "\npool     waits\n") {
		t.Errorf("status %d\n%s%s", r.status, r.out, r.err)
	}
}
