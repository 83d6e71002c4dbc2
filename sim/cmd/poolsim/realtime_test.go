package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/cmd/poolsim/internal/live"
)

func TestCompare(t *testing.T) {
	line := "compare -clients 8 -requests 400 -max-active 3 -rounds 2 -think 10us -hold 1us -command PING"
	out := ok(t, line)
	for _, want := range []string{"redispool", "redigo", "puddle", "requests/s", "wait p99", "total p99.9", "dials", "allocations/request"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	pools := at(decoded(t, ok(t, line+" -format json")), "run.pools").(map[string]any)
	for _, name := range []string{"redispool", "redigo", "puddle"} {
		p := pools[name]
		if n := at(p, "requests"); n != 800.0 {
			t.Errorf("%s: %v requests, want 800", name, n)
		}
		if n, _ := at(p, "dials").(float64); n < 2 || n > 6 {
			t.Errorf("%s: %v dials, want 3 at most in each of 2 rounds", name, n)
		}
		if n := len(at(p, "throughput_by_round").([]any)); n != 2 {
			t.Errorf("%s: %d rounds", name, n)
		}
	}
	if r := poolsim("", "compare -clients 1 -requests 1 -rounds 1 -command NOSUCH"); r.status != exitUsage || !strings.Contains(r.err, "unknown command") {
		t.Errorf("of no command: status %d\n%s", r.status, r.err)
	}
}

// A comparison that takes all memory is refused.
func TestCompareRefuses(t *testing.T) {
	for line, want := range map[string]string{
		"-clients 100001":      "-clients: 100001 is above 100000, the most that a comparison has",
		"-requests 10000001":   "-requests: 10000001 is above 10000000",
		"-max-active 1000001":  "-max-active: 1000001 is above 1000000",
		"-rounds 1001":         "-rounds: 1001 is above 1000",
		"-redis 127.0.0.1:bad": "-redis 127.0.0.1:bad: ",
	} {
		if r := poolsim("", "compare "+line); r.status != exitUsage || !strings.Contains(r.err, want) {
			t.Errorf("compare %s: status %d, %q, want %q", line, r.status, r.err, want)
		}
	}
}

// A run without requests compares nothing.
func TestValidateRefusesNothing(t *testing.T) {
	r := poolsim("", "validate -rate 0.001 -duration 1s")
	if want := "no request arrives in this run"; r.status != exitUsage || !strings.Contains(r.err, want) {
		t.Errorf("status %d, %q, want %q", r.status, r.err, want)
	}
}

func TestValidate(t *testing.T) {
	line := "validate -rate 2000 -hold exp:1ms -max-active 3 -wait -requests 200"
	out := ok(t, line)
	for _, want := range []string{"virtual", "real", "differs", "p50", "p99", "hand-over", "time.Sleep is late"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	v := decoded(t, ok(t, line+" -format json"))
	if at(v, "granted.real") != 200.0 || at(v, "granted.virtual") != 200.0 {
		t.Errorf("granted %v, want 200 in both", at(v, "granted"))
	}
	if _, is := at(v, "wait.p99.real").(float64); !is {
		t.Errorf("wait %v", at(v, "wait"))
	}
}

// Fakes have a server with a queue: total times are compared, and the workers' lateness is said.
func TestValidateWorkers(t *testing.T) {
	line := "validate -rate 400 -hold exp:1ms -workers 2 -service exp:3ms -max-active 5 -wait -requests 200"
	out := ok(t, line)
	for _, want := range []string{"\ntotal ", "worker    mean", "the server's workers end their visits late"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if v := decoded(t, ok(t, line+" -format json")); at(v, "granted.real") != 200.0 || at(v, "total.p99.real").(float64) <= 0 {
		t.Errorf("%v", v)
	}
}

// Leases are discarded or leaked, and end with a panic, and the server closes what is idle.
func TestValidateMisuse(t *testing.T) {
	out := ok(t, "validate -rate 2000 -hold exp:1ms -max-active 9 -wait -wait-timeout 1m -requests 200 -discard 10% -panic 10% -leak 1% -server-idle-timeout 10ms -warm-up 10ms")
	for _, want := range []string{"10 % discard, 10 % panic, 1 % leak", "opens a second, over time", "\nopens "} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

// Keys are the pools of a resource.Keyed, and fakes are lost and refused.
func TestValidateKeys(t *testing.T) {
	line := "validate -rate 2000 -hold exp:1ms -wait -requests 200 -keys 3 -skew 1 -keys-max-active 3 -urgent 10%"
	out := ok(t, line+" -timeout 1m -life 1m -restart 50ms")
	for _, want := range []string{"3 keys", "opens a second, over time", "\nkey ", "\n2  "} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	v := decoded(t, ok(t, line+" -format json"))
	granted := 0.0
	for _, key := range at(v, "keys").([]any) {
		granted += at(key, "granted.real").(float64)
	}
	if granted != 200 || at(v, "fleet") != nil {
		t.Errorf("the keys have granted %v requests, want 200", granted)
	}
}

// TestLive plays other kinds of scenarios; only what time does not decide is
// looked at.
func TestLive(t *testing.T) {
	ms := sim.D(time.Millisecond)
	for name, sc := range map[string]*sim.Scenario{
		"closed": {Requests: 60, Pool: sim.Pool{MaxActive: 2, Wait: true}, Workload: sim.Workload{
			Closed: &sim.ClosedLoop{Clients: 5, Think: sim.Dist{Constant: ms / 10}}, Hold: sim.Dist{Constant: ms / 10}}},
		"latencies": {Requests: 60, Pool: sim.Pool{MaxActive: 2, Wait: true, MaxUses: 5, Order: "fifo", MaxAge: 1000 * ms, IdleTimeout: 1000 * ms,
			Test: &sim.Test{AtMostEvery: 2 * ms, IfIdleFor: ms / 100}},
			Workload: sim.Workload{Open: &sim.OpenLoop{Constant: 5000}, Hold: sim.Dist{Constant: ms / 10}},
			World:    sim.World{OpenLatency: sim.Dist{Constant: ms}, CloseLatency: sim.Dist{Constant: ms / 10}, TestLatency: sim.Dist{Constant: ms / 10}}},
		"refusals": {Requests: 60, Pool: sim.Pool{MaxActive: 1}, Workload: sim.Workload{
			Open: &sim.OpenLoop{Constant: 60000}, Hold: sim.Dist{Constant: 20 * ms}}},
		"patience": {Requests: 60, Pool: sim.Pool{MaxActive: 1, Wait: true}, Workload: sim.Workload{
			Open: &sim.OpenLoop{Constant: 60000}, Hold: sim.Dist{Constant: 20 * ms}, Patience: sim.Dist{Constant: ms}}},
		"duration": {Duration: 1000 * ms, Pool: sim.Pool{MaxActive: 1, Wait: true}, Workload: sim.Workload{
			Closed: &sim.ClosedLoop{Clients: 2, Think: sim.Dist{Constant: ms}}, Hold: sim.Dist{Constant: ms}}},
	} {
		t.Run(name, func(t *testing.T) {
			if err := sc.Validate(); err != nil {
				t.Fatal(err)
			}
			r, err := live.Run(context.Background(), sc, live.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if r.Granted == 0 || r.Granted+r.Refused != r.Requests || sc.Requests > 0 && r.Requests != uint64(sc.Requests) {
				t.Errorf("%d requests, %d granted, %d refused", r.Requests, r.Granted, r.Refused)
			}
			if refuses := name == "refusals" || name == "patience"; refuses != (r.Refused > 0) {
				t.Errorf("%d refused", r.Refused)
			}
		})
	}
}

func TestProgress(t *testing.T) {
	var b bytes.Buffer
	long := time.Now().Add(-time.Minute)
	g := &progress{to: &b, begin: long}
	g.say(0.5, "half")
	g.say(0.6, "too soon")
	g.last = long
	g.say(-1, "unknown")
	g.end()
	if want := "\r\x1b[K 50 %  half, 1m0s to go\r\x1b[Kunknown, 1m0s\r\x1b[K"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
	b.Reset()
	sc := &sim.Scenario{Requests: 100_000, Duration: sim.D(time.Hour), Workload: sim.Workload{Open: &sim.OpenLoop{Poisson: 1000}}}
	g = &progress{to: &b, begin: long}
	if _, err := simulate(sc, g); err != nil || !strings.Contains(b.String(), "%  simulated ") {
		t.Errorf("error %v, got %q", err, b.String())
	}
}
