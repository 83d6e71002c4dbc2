//go:build !js

package main

import (
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/cmd/poolsim/internal/live"
)

// startRedis starts a redis-server on a free port, and returns its address.
func startRedis(t *testing.T) string {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv("RESPOOL_REQUIRE_REDIS") == "1" {
			t.Fatal(err)
		}
		t.Skip("no redis-server is installed")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	_, port, _ := strings.Cut(addr, ":")
	server := exec.Command(path, "--bind", "127.0.0.1", "--port", port, "--save", "", "--dir", t.TempDir(), "--enable-debug-command", "local")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	for {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
			return addr
		}
		if server.ProcessState != nil {
			t.Fatal("redis-server has ended")
		}
		time.Sleep(10 * time.Millisecond) // for the process to listen
	}
}

// A real Redis plays the server. The test looks at figures that do not depend on time.
func TestValidateOnRedis(t *testing.T) {
	line := "validate -redis " + startRedis(t) + " -rate 500 -hold 0 -workers 1 -service exp:1ms -max-active 3 -wait -requests 60 "
	out := ok(t, line)
	for _, want := range []string{"wait ", "total ", "p50", "p99", "1 worker of the server", "within 10 %", "wait p99 ", "asked for so much less"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	v := decoded(t, ok(t, line+"-timeout 1m -retries 2 -retry-backoff 1ms -retry-jitter 1 -retry-budget 50% -stall 20ms+50ms -format json"))
	if at(v, "granted.real") != 60.0 || at(v, "calls.real.good") != 60.0 || at(v, "calls.virtual.good") != 60.0 {
		t.Errorf("%v, %v", at(v, "granted"), at(v, "calls"))
	}
	if _, is := at(v, "total.p99.real").(float64); !is {
		t.Errorf("total %v", at(v, "total"))
	}
	// Visits take longer than the timeout. Each call fails after its retries, unless the machine is
	// so busy that a visit asks for next to no time.
	v = decoded(t, ok(t, line+"-service 20ms -timeout 1ms -retries 2 -requests 5 -max-active 1 -format json"))
	good, _ := at(v, "calls.real.good").(float64)
	failed, _ := at(v, "calls.real.failed").(float64)
	retries, _ := at(v, "calls.real.retries").(float64)
	if good+failed != 5 || retries < 2*failed || retries > 10 || at(v, "calls.virtual.failed") != 5.0 {
		t.Errorf("%v", at(v, "calls"))
	}
}

// Openings and visits of a slow server are served to their end. Urgent callers and those in the
// background ask the pool as in the virtual run.
func TestValidateSlowAndClassesOnRedis(t *testing.T) {
	line := "validate -redis " + startRedis(t) + " -rate 400 -hold 0 -workers 1 -service 1ms -max-active 3 -wait -requests 40 -open-latency 1ms -format json "
	v := decoded(t, ok(t, line+"-slow 0s+1h*4 -urgent 50%"))
	if at(v, "granted.real") != 40.0 || at(v, "granted.virtual") != 40.0 {
		t.Errorf("%v", at(v, "granted"))
	}
	// Those in the background are refused while the only one that is not reserved is in use.
	v = decoded(t, ok(t, line+"-service 20ms -reserve 2 -background 100%"))
	if n, _ := at(v, "granted.real").(float64); n < 1 || n == 40 {
		t.Errorf("%v", at(v, "granted"))
	}
}

// Several Redis servers make one simulated server with several workers. No request waits
// while a worker is free.
func TestValidateOnRedises(t *testing.T) {
	line := "validate -redis " + startRedis(t) + "," + startRedis(t) + " -rate 400 -hold 0 -workers 2 -service 3ms -max-active 4 -wait -requests 40 -format json"
	v := decoded(t, ok(t, line+" -contention 10%"))
	if at(v, "granted.real") != 40.0 || at(v, "run.worker_late_in_run") == nil {
		t.Errorf("%v, %v", at(v, "granted"), at(v, "run"))
	}
	for _, figure := range []string{"total p50", "total p99", "wait p50", "wait p99"} {
		if _, is := at(v, "within").(map[string]any)[figure].(bool); !is {
			t.Errorf("no verdict about %s in %v", figure, at(v, "within"))
		}
	}
	// Two leases, one after another or at once, are two visits of each request.
	for _, nested := range []string{"", " -nested -patience 1m"} {
		v := decoded(t, ok(t, line+" -leases 2 -requests 20 -max-active 40"+nested))
		if at(v, "granted.real") != 40.0 || at(v, "calls.real.good") != 20.0 || at(v, "calls.virtual.good") != 20.0 {
			t.Errorf("%q: %v, %v", nested, at(v, "granted"), at(v, "calls"))
		}
	}
}

// A fleet is real pools in this program, and the server loses and refuses their connections.
func TestValidateFleet(t *testing.T) {
	line := "validate -redis " + startRedis(t) + " -instances 3 -rate 100 -hold 0 -workers 1 -service 1ms -max-active 4 -wait -requests 30" +
		" -timeout 1m -retries 5 -retry-backoff 10ms -max-connections 5 -min-idle 2 -restart 100ms "
	out := ok(t, line)
	for _, want := range []string{"3 instances", "opens a second, over time", "most open", "turned", "instance ", "\n2  "} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	v := decoded(t, ok(t, line+"-format json"))
	for path, want := range map[string]any{"fleet.connections.virtual": 5.0, "fleet.connections.real": 5.0, "calls.real.calls": 90.0} {
		if at(v, path) != want {
			t.Errorf("%s is %v, want %v", path, at(v, path), want)
		}
	}
	for _, path := range []string{"fleet.refused.virtual", "fleet.refused.real", "fleet.opens_failed.real"} {
		if n, _ := at(v, path).(float64); n < 1 {
			t.Errorf("%s is %v: three pools want six connections, and the server takes five", path, at(v, path))
		}
	}
	if n := len(at(v, "fleet.each").([]any)); n != 3 {
		t.Errorf("%d instances", n)
	}
	// Without a server, the connections are fakes.
	out = ok(t, "validate -instances 2 -rate 500 -hold exp:1ms -max-active 3 -wait -requests 30 -deploy-at 10ms -deploy-every 20ms -deploy-down 5ms")
	if !strings.Contains(out, "2 instances") || !strings.Contains(out, "\n1  ") {
		t.Error(out)
	}
}

// A run says so if the machine has held workers up for longer than a visit takes.
func TestDelayedSaysWhatTheMachineDid(t *testing.T) {
	v := &validation{scenario: new(sim.Scenario), real: new(live.Result)}
	if text := v.delayed(); text != "" {
		t.Error(text)
	}
	v.scenario.World.Server.Service = sim.Dist{Constant: -1} // a visit that is shorter than no delay
	if text := v.delayed(); !strings.Contains(text, "The machine was busy") {
		t.Errorf("%q", text)
	}
}

func TestNear(t *testing.T) {
	for _, c := range []struct {
		real, virtual float64
		want          bool
	}{{0.0109, 0.01, true}, {0.0111, 0.01, false}, {0.0089, 0.01, false}, {0.00009, 0, true}, {0.00011, 0, false}} {
		if near(c.real, c.virtual) != c.want {
			t.Errorf("%v is near %v: %v", c.real, c.virtual, !c.want)
		}
	}
}

func TestValidateOnRedisRefuses(t *testing.T) {
	for flags, want := range map[string]string{
		"-redis localhost:1 -workers 2 -service 1ms":                   "each Redis is one worker, and there are 1",
		"-redis localhost:1,localhost:2 -workers 1 -service 1ms":       "each Redis is one worker, and there are 2",
		"-redis localhost:1 -max-active 2":                             "each Redis is one worker",
		"-redis localhost:1 -workers 1 -service 1ms -leases 2 -nested": "a deadlock would have no end",
		"-redis localhost:1 -workers 1 -service 1ms -leak 10% -wait":   "-leak: cannot be played in real time without a timeout: once all connections have leaked",
		"-redis localhost:1 -workers 1 -service 1ms -life 10s":         "-life: cannot be played in real time with a real server: it ends no connection because of its age",
		"-redis localhost:1,localhost:1 -workers 2 -service 1ms":       "connect",
		"-redis localhost:1 -workers 1 -service 1ms -requests 1":       "connect",
	} {
		if r := poolsim("", "validate "+flags); r.status == exitOK || !strings.Contains(r.err, want) {
			t.Errorf("%s: status %d, %q; want %q", flags, r.status, r.err, want)
		}
	}
}
