package main

import (
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
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

// A real Redis plays the server. What time does not decide is looked at.
func TestValidateOnRedis(t *testing.T) {
	line := "validate -redis " + startRedis(t) + " -rate 500 -hold 0 -workers 1 -service exp:1ms -max-active 3 -wait -requests 60 "
	out := ok(t, line)
	for _, want := range []string{"wait ", "total ", "p50", "p99", "1 worker of the server", "On the idle"} {
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
	// With a timeout that nothing meets every call fails, after its retries.
	v = decoded(t, ok(t, line+"-service 20ms -timeout 1ms -retries 2 -requests 5 -max-active 1 -format json"))
	if at(v, "calls.real.failed") != 5.0 || at(v, "calls.real.retries") != 10.0 {
		t.Errorf("%v", at(v, "calls"))
	}
}

func TestValidateOnRedisRefuses(t *testing.T) {
	for flags, want := range map[string]string{
		"-redis localhost:1 -workers 2 -service 1ms":                 "a Redis is a server with one worker",
		"-redis localhost:1 -max-active 2":                           "a Redis is a server with one worker",
		"-redis localhost:1 -workers 1 -service 1ms -leases 2":       "-leases: cannot be played in real time",
		"-redis localhost:1 -workers 1 -service 1ms -contention 10%": "-contention: cannot be played in real time",
		"-workers 1 -service 1ms":                                    "cannot be played in real time",
		"-redis localhost:1 -workers 1 -service 1ms -requests 1":     "connect",
	} {
		if r := poolsim("", "validate "+flags); r.status == exitOK || !strings.Contains(r.err, want) {
			t.Errorf("%s: status %d, %q; want %q", flags, r.status, r.err, want)
		}
	}
}
