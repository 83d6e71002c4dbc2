package main

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/respool/respool/sim"
)

// advised runs advise, and returns its JSON.
func advised(t *testing.T, line string) (a struct {
	Met       bool
	Sentences []string
	Changes   []change
	InVain    []change `json:"tried_in_vain"`
	Scenario  json.RawMessage
}) {
	t.Helper()
	r := poolsim("", "advise -format json -timing=false "+line)
	if r.status == exitUsage {
		t.Fatalf("poolsim advise %s: %s", line, r.err)
	}
	if err := json.Unmarshal([]byte(r.out), &a); err != nil {
		t.Fatal(err)
	}
	if len(a.Sentences) != 5 || a.Met != (r.status == exitOK) {
		t.Errorf("met %v, status %d, %d sentences: %q", a.Met, r.status, len(a.Sentences), a.Sentences)
	}
	return a
}

func changed(all []change, setting string) string {
	for _, c := range all {
		if c.Setting == setting {
			return c.To
		}
	}
	return ""
}

// erlangSize returns the fewest servers of an M/M/c queue at which the wait of all but a
// share of the requests is at most limit, by Erlang's formula.
func erlangSize(rate, hold, limit, beyond float64) int {
	load := rate * hold
	for c := int(load) + 1; ; c++ {
		blocked := 1.0 // Erlang B, by recursion
		for k := 1; k <= c; k++ {
			blocked = load * blocked / (float64(k) + load*blocked)
		}
		waits := blocked / (1 - load/float64(c)*(1-blocked))
		if waits*math.Exp(-(float64(c)-load)/hold*limit) <= beyond {
			return c
		}
	}
}

// The advised size is that of queueing theory, whether the measured pool is too small or
// too large.
func TestAdvisedSizeIsErlangs(t *testing.T) {
	onlyFigures(t)
	for _, from := range []string{"3", "40"} {
		want := erlangSize(2000, 0.003, 0.005, 0.01)
		a := advised(t, "-rate 2000 -hold exp:3ms -wait -target p99=5ms -max-active "+from)
		if got := changed(a.Changes, "max-active"); !a.Met || got != figuresCount(want) {
			t.Errorf("from %s: max-active %s, want %d; %q", from, got, want, a.Sentences)
		}
		sc, err := sim.Parse(a.Scenario)
		if err != nil {
			t.Fatal(err)
		}
		r, err := sim.Run(sc)
		if err != nil || r.Wait.P99 > 0.005 {
			t.Errorf("the advised scenario has p99 %v, %v", r.Wait.P99, err)
		}
	}
}

func figuresCount(n int) string { return count(n, "") }

// Where more connections change nothing, the advice says so.
func TestAdviceThatThePoolIsNotTheCause(t *testing.T) {
	onlyFigures(t)
	a := advised(t, "-rate 100 -hold exp:3ms -max-active 20 -wait -seeds 2 -requests 20000 -target total.p99=10ms")
	if a.Met || len(a.Changes) > 0 || !strings.Contains(a.Sentences[0], "the pool is not the cause") {
		t.Errorf("%+v", a)
	}
}

// Where many connections make the server slower, the advice is a smaller pool.
func TestAdvisedPoolIsSmaller(t *testing.T) {
	onlyFigures(t)
	a := advised(t, "-clients 100 -think exp:100ms -hold 0s -workers 4 -service exp:4ms -contention 5% -max-active 64 -wait -seeds 3 -requests 30000 -target total.p99=100ms")
	size, err := strconv.Atoi(changed(a.Changes, "max-active"))
	if !a.Met || err != nil || size >= 32 {
		t.Errorf("%v, %q", err, a.Sentences)
	}
}

// Each setting is advised where it helps, and not where it does not.
func TestAdvisedSettings(t *testing.T) {
	onlyFigures(t)
	const load = "-seeds 3 -requests 20000 -open-latency 5ms -target p99=20ms "
	for setting, lines := range map[string]struct{ helps, to, not string }{
		"max-idle":       {"-rate 1000 -hold exp:3ms -wait -max-active 8 -max-idle 1", "0 (all)", "-rate 100 -hold exp:3ms -wait -max-active 8 -max-idle 7"},
		"wait":           {"-rate 1000 -hold exp:3ms -max-active 3", "on", "-rate 100 -hold exp:3ms -max-active 40"},
		"idle-timeout":   {"-rate 10 -hold exp:3ms -wait -max-active 8 -server-idle-timeout 1s", "900ms", "-rate 1000 -hold exp:3ms -wait -max-active 8 -idle-timeout 1s -server-idle-timeout 2s"},
		"max-age-jitter": {"-clients 30 -hold 100ms -think exp:5ms -wait -max-active 30 -max-age 20s", "2s", "-clients 30 -hold 100ms -think exp:5ms -wait -max-active 30 -max-age 20s -max-age-jitter 5s"},
		"wait-timeout":   {"-rate 1000 -hold exp:3ms -wait -max-active 8 -outage 5s+500ms -fail-latency 500ms -dead-latency 500ms -requests 60000", "200ms", "-rate 1000 -hold exp:3ms -wait -max-active 8"},
		"open-detached": {"-rate 300 -hold exp:10ms -wait -max-active 10 -timeout 1s -open-backoff 1s -open-latency 20ms -fail-latency 1s -outage 5s+2s -requests 4000", "on",
			"-rate 300 -hold exp:10ms -wait -max-active 10 -timeout 1s -open-latency 20ms -requests 4000"},
	} {
		if to := changed(advised(t, load+lines.helps).Changes, setting); to != lines.to {
			t.Errorf("%s: %s is %q, want %q", lines.helps, setting, to, lines.to)
		}
		if to := changed(advised(t, load+lines.not).Changes, setting); to != "" {
			t.Errorf("%s: %s is to be %q, and should stay", lines.not, setting, to)
		}
	}
}

// The difference between two variants is known better than either, since both have the
// same requests.
func TestCommonRandomNumbers(t *testing.T) {
	onlyFigures(t)
	v := &adviser{seeds: 5, progress: new(progress)}
	try := func(size int) *trial {
		trial, err := v.try(&sim.Scenario{
			Requests: 20_000, Pool: sim.Pool{MaxActive: size, Wait: true},
			Workload: sim.Workload{Open: &sim.OpenLoop{Poisson: 2000}, Hold: sim.Dist{Exponential: sim.Duration(3e6)}},
		})
		if err != nil {
			t.Fatal(err)
		}
		return trial
	}
	a, b := try(8), try(9)
	d := b.change(a, func(t *tally) float64 { return t.wait.MeanSeconds() })
	one, other := a.figures["mean"], b.figures["mean"]
	if width := d.High - d.Low; d.High >= 0 || width >= (one.High-one.Low)+(other.High-other.Low) {
		t.Errorf("the difference is between %v and %v, of %v and %v", d.Low, d.High, one, other)
	}
	if math.Abs(d.Mean-(other.Mean-one.Mean)) > 1e-12 {
		t.Errorf("the difference is %v, of %v and %v", d.Mean, one, other)
	}
}

// A pool in which requests run out of time, though they get a connection, meets no target
// of a percentile.
func TestAdviceCountsRequestsOutOfTime(t *testing.T) {
	onlyFigures(t)
	const line = "-rate 500 -hold exp:10ms -max-active 4 -wait -timeout 200ms -retries 1 -requests 3000 -target p99=500ms"
	if to := changed(advised(t, line).Changes, "max-active"); to != "5" && to != "6" {
		t.Errorf("max-active is to be %q: five connections would be just busy", to)
	}
	if out := ok(t, "advise "+line); !strings.Contains(out, "; failed ") {
		t.Errorf("the gain does not say how many calls fail:\n%s", out)
	}
}

// If no size meets the target, and a smaller one is much better, it is the advice.
func TestAdviceSettlesForASmallerPool(t *testing.T) {
	onlyFigures(t)
	a := advised(t, "-clients 60 -think exp:50ms -hold 0s -workers 2 -service exp:4ms -contention 20% -max-active 32 -wait -requests 3000 -target total.p99=1ms")
	to := changed(a.Changes, "max-active")
	if a.Met || to != "1" && to != "2" && to != "4" || !strings.Contains(a.Sentences[0], "that does not meet total.p99=1ms, nor does any pool") {
		t.Errorf("max-active to %q: %q", to, a.Sentences[0])
	}
}
