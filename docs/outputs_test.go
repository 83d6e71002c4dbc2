package docs_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// What the page of the simulator shows is what its commands print.
func TestOutputs(t *testing.T) {
	page, err := os.ReadFile("simulator.md")
	if err != nil {
		t.Fatal(err)
	}
	for file, command := range map[string]string{
		"run.txt":   "go run ./sim/cmd/poolsim run -rate 2000 -hold exp:3ms -max-active 10 -wait",
		"trace.txt": "go run ./sim/cmd/poolsim trace -rate 500 -hold exp:3ms -max-active 1 -wait -requests 2",
	} {
		want, err := os.ReadFile("outputs/" + file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(page), "    "+command+"\n") {
			t.Errorf("the page has not %q", command)
		}
		args := strings.Fields(command)
		run := exec.Command(args[0], args[1:]...)
		run.Dir, run.Stderr = "..", os.Stderr
		got, err := run.Output()
		if err != nil {
			t.Fatalf("%s: %v", command, err)
		}
		if !strings.HasPrefix(string(got), string(want)) {
			t.Errorf("%s prints\n%s\nand %s has\n%s", command, got, file, want)
		}
	}
}
