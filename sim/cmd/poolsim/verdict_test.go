//go:build !js

package main

import (
	"strings"
	"testing"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/cmd/poolsim/internal/live"
	"github.com/respool/respool/sim/cmd/poolsim/internal/versus"
)

func TestThroughputVerdict(t *testing.T) {
	standing := func(name string, all ...float64) *versus.Standing {
		return &versus.Standing{Name: name, Throughput: all}
	}
	for want, all := range map[string][]*versus.Standing{
		"no difference that these rounds can show":                {standing("a", 10, 12), standing("b", 11, 13)},
		"In every round a serves more requests than b.":           {standing("b", 10, 12), standing("a", 13, 14)},
		"a serves more requests than c. The other ranges overlap": {standing("a", 13, 16), standing("b", 12, 14), standing("c", 10, 12.5)},
		"One round shows no difference":                           {standing("a", 1), standing("b", 2)},
	} {
		if got := throughputVerdict(all); !strings.Contains(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestNoVerdictOfABusyMachine(t *testing.T) {
	v := &validation{scenario: standard(), virtual: &sim.Report{}, adjusted: &sim.Report{}, real: &live.Result{}, sleep: &sim.Histogram{}, precise: &sim.Histogram{}}
	if out := string(v.text(80)); strings.Contains(out, "No verdict") {
		t.Errorf("of a quiet machine:\n%s", out)
	}
	for range 100 {
		v.real.Arrivals.Add(5_000_000)
	}
	v.real.Acquire.Add(7_000_000)
	if out := string(v.text(80)); !strings.HasPrefix(out, "No verdict: the machine was busy") || strings.Contains(out, "+") {
		t.Errorf("of a busy machine:\n%s", out)
	}
	if !v.json().Busy {
		t.Error("the JSON form does not say that the machine was busy")
	}
}
