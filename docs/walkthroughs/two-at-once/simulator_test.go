package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// The page shows how the simulator names the deadlock, and a pool of the formula has none.
func TestSimulatorNamesTheDeadlock(t *testing.T) {
	page, err := os.ReadFile("index.md")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("deadlock.txt")
	if err != nil {
		t.Fatal(err)
	}
	const args = "-clients 4 -hold exp:1ms -leases 2 -nested -max-active 4 -wait -requests 200"
	if text := strings.ReplaceAll(string(page), "\\\n    ", ""); !strings.Contains(text, "poolsim run "+args+"\n") {
		t.Errorf("the page has no command with %s", args)
	}
	poolsim := func(args string) string {
		cmd := exec.Command("go", append([]string{"run", "../../../sim/cmd/poolsim", "run"}, strings.Fields(args)...)...)
		cmd.Env, cmd.Stderr = append(os.Environ(), "COLUMNS=80"), os.Stderr
		out, _ := cmd.Output() // the status is 1: the arrivals end in the deadlock
		return string(out)
	}
	if got := poolsim(args); !strings.HasSuffix(got, string(want)) {
		t.Errorf("poolsim prints\n%s\nand the page has\n%s", got, want)
	}
	if got := poolsim(strings.Replace(args, "-max-active 4", "-max-active 5", 1)); strings.Contains(got, "deadlock") || !strings.Contains(got, "calls ") {
		t.Errorf("with a pool of 5:\n%s", got)
	}
}
