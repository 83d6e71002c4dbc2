package main

import (
	"slices"
	"strings"
	"testing"
)

// contended is a server that gets slower the more wait there: too few connections leave
// it idle, and too many make it slow.
const contended = "sweep -clients 48 -think exp:20ms -hold exp:4ms -workers 2 -service exp:2ms -contention 5% " +
	"-wait -max-active 2:24:2 -requests 10000 "

func TestSweepFindsTheBestRange(t *testing.T) {
	onlyFigures(t)
	out := strings.Join(strings.Fields(ok(t, contended)), " ")
	for _, want := range []string{"best: max-active ", "requests wait for the pool", "they wait for the server", "total p99", "between"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	best := at(decoded(t, ok(t, contended+"-format json")), "best").([]any)[0]
	size := at(best, "values.max-active").(float64)
	if sizes := at(best, "sizes").([]any); size < 6 || size > 10 || !slices.Contains(sizes, any(size)) || slices.Contains(sizes, any(24.)) {
		t.Errorf("best is %v, of %v", size, sizes)
	}
}

// A target is met by a pool that is too small to be the best: all sizes are run.
func TestSweepWithATargetFindsTheBestRange(t *testing.T) {
	onlyFigures(t)
	out := strings.Join(strings.Fields(ok(t, contended+"-target p99=1s")), " ")
	for _, want := range []string{"is the smallest that meets p99=1s", "best: max-active ", " 24 99.9 %"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

// Without a queue at the server a larger pool is never worse, and nothing is said.
func TestSweepOfAServerWithoutAQueue(t *testing.T) {
	onlyFigures(t)
	if out := ok(t, "sweep -rate 1000 -hold exp:3ms -wait -max-active 4:6 -requests 2000"); strings.Contains(out, "best:") {
		t.Errorf("%s", out)
	}
}

// If pools time out, a pool that serves more requests is better than one that serves
// fewer and quicker.
func TestBestServesMost(t *testing.T) {
	out := ok(t, "sweep -rate 400 -workers 1 -service exp:2ms -timeout 60ms -wait -max-active 1,2,60 -stall 1s+1s -retries 3 -duration 6s -seeds 3 -wait-timeout 20ms")
	if !strings.Contains(out, "best: max-active 1 to 2") && !strings.Contains(out, "best: max-active 2.") && !strings.Contains(out, "best: max-active 1.") {
		t.Errorf("%s", out)
	}
	if !strings.Contains(out, "failed") {
		t.Errorf("no share of failed calls in\n%s", out)
	}
}
