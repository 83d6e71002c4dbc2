package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/respool/respool/sim"
)

// A scenario that is fitted to the log of another waits as long as that.
func TestFittedScenarioWaitsAsLong(t *testing.T) {
	onlyFigures(t)
	const second = sim.Duration(time.Second)
	truth := &sim.Scenario{
		Seed: 5, Duration: 600 * second, Pool: sim.Pool{MaxActive: 8, Wait: true},
		Workload: sim.Workload{
			Open: &sim.OpenLoop{Phases: []sim.Phase{{For: 200 * second, Rate: 100}, {For: 200 * second, Rate: 170}, {For: 200 * second, Rate: 60}}},
			Hold: sim.Dist{Lognormal: &sim.Lognormal{Median: sim.Duration(30 * time.Millisecond), Sigma: 0.6}},
		},
	}
	dir := t.TempDir()
	log, out := filepath.Join(dir, "access.csv"), filepath.Join(dir, "fitted.json")
	draws := sim.NewSampler(truth)
	var b strings.Builder
	b.WriteString("start,took_ms\n")
	for at, more := draws.Arrival(); more; at, more = draws.Arrival() {
		hold, _ := draws.Request()
		fmt.Fprintf(&b, "%.6f,%.3f\n", at.Seconds(), hold.Seconds()*1e3)
	}
	if err := os.WriteFile(log, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	text := ok(t, "fit -latency took_ms -max-active 8 -out "+out+" "+log)
	for _, want := range []string{"* lognormal", "phases   the rate changes", "rate/s", "holds a connection for 100 % of its time", "written  " + out} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
	sample := filepath.Join(dir, "sample.json")
	ok(t, "fit -dist sample -latency took_ms -max-active 8 -out "+sample+" "+log)
	want := ofManyDays(t, truth)
	for _, file := range []string{out, sample} {
		fitted, err := sim.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got := ofManyDays(t, fitted)
		for name, want := range want {
			if name == "wait p99" && file == sample {
				continue // its requests have other random numbers, so chance alone makes 5 % of difference
			}
			if math.Abs(got[name]/want-1) > 0.02 {
				t.Errorf("%s: %s is %v, and of the truth %v", filepath.Base(file), name, got[name], want)
			}
		}
	}
}

// ofManyDays returns figures of many runs together. A single one is a day of its own: its p99
// differs by 5 % or so from that of the next. The same seeds give the truth and the fitted
// scenario the same random numbers, so that less than that is seen.
func ofManyDays(t *testing.T, sc *sim.Scenario) map[string]float64 {
	const days = 12
	var wait, total sim.Histogram
	use := 0.0
	for day := range days {
		one := *sc
		one.Seed = uint64(100 + day)
		r, err := sim.Run(&one)
		if err != nil {
			t.Fatal(err)
		}
		w, all := r.WaitHistogram(), r.TotalHistogram()
		wait.Merge(&w)
		total.Merge(&all)
		use += r.Utilization / days
	}
	return map[string]float64{
		"wait p99": wait.Quantile(0.99).Seconds(), "total p50": total.Quantile(0.5).Seconds(), "total p99": total.Quantile(0.99).Seconds(),
		"utilization": use,
	}
}

const promText = "rt_bucket{le=\"0.001\"} 284\nrt_bucket{le=\"0.002\"} 487\nrt_bucket{le=\"0.005\"} 812\nrt_bucket{le=\"0.01\"} 965\nrt_bucket{le=\"+Inf\"} 1000\nrt_sum 3\n"

// If a file lacks something, that is an error, or the report says so.
func TestFitSaysWhatItAssumes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "metrics.txt")
	if err := os.WriteFile(file, []byte(promText), 0o644); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Assumed  []string
		Scenario sim.Scenario
	}
	if err := json.Unmarshal([]byte(ok(t, "fit -format json -over 10s -share 50% "+file)), &got); err != nil {
		t.Fatal(err)
	}
	w := &got.Scenario.Workload
	if w.Open.Poisson != 100 || math.Abs(time.Duration(w.Hold.Mean()).Seconds()-0.0015) > 1e-5 || w.Hold.Exponential == 0 && w.Hold.Gamma == nil {
		t.Errorf("%+v, %+v", w.Open, w.Hold)
	}
	for _, dist := range []string{"exponential", "sample"} {
		flags := at(decoded(t, ok(t, "fit -format json -over 10s -max-active 3 -dist "+dist+" "+file)), "flags").(map[string]any)
		line := fmt.Sprintf("run -format json -requests 5 -rate %v -hold %v -max-active %v -wait", flags["rate"], flags["hold"], flags["max-active"])
		if v := decoded(t, ok(t, line)); flags["rate"] != "100" || flags["wait"] != "yes" || math.Abs(at(v, "offered_load").(float64)/0.3-1) > 0.01 {
			t.Errorf("%s: %v is an offered load of %v, want 0.3", dist, flags, at(v, "offered_load"))
		}
	}
	all := strings.Join(got.Assumed, "; ")
	for _, want := range []string{"50 % of its time", "the pool has no limit", "at random, at one rate"} {
		if !strings.Contains(all, want) {
			t.Errorf("there is no %q in %s", want, all)
		}
	}
	for line, want := range map[string]string{
		"fit":                                "name a file",
		"fit " + file:                        "give -rate, or for a histogram -over",
		"fit -over 1s -unit h " + file:       "-unit: \"h\"",
		"fit -over 1s -share 0 " + file:      "-share: ",
		"fit -over 1s -as bursts " + file:    "-as: the file has no arrivals one by one",
		"fit -over 1s -dist weibull " + file: "-dist: \"weibull\" is not one of auto, exponential",
		"fit -over 1s -hold 3ms " + file:     "-hold: the file has latencies, too",
		"fit -over 1s -rate 3 " + file:       "-rate: -over gives the rate, too",
		"fit -over 1s -field x " + file:      "-field: it has no meaning for Prometheus' text, but for the kinds jsonl",
		"fit -over 1s -metric x " + file:     "-metric: there is no histogram \"x\", of rt",
		"fit -kind log " + file:              "line 1: not a line of an access log",
		"fit -kind csv " + file + " " + file: "a second file is for",
		"fit -over 1s " + file + " " + file:  "has no observation",
		"fit no/such/file":                   "no such file",
	} {
		if r := poolsim("", line); r.status != exitUsage || !strings.Contains(r.err, want) {
			t.Errorf("poolsim %s: status %d, %swant %q", line, r.status, r.err, want)
		}
	}
}
