package planted_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// plantedInKeys are faults that the audit of a simulation with keys finds. It keeps books
// of the connections that are opened and closed, and of the requests that wait.
func plantedInKeys() (all []planted) {
	for _, f := range plantedInTotal() {
		switch f.name {
		case "limit of all off by one",
			"resource counts no more while it is closed for another key",
			"place lost when it is handed over",
			"a younger waiter of the own key goes first",
			"waiters of other keys are forgotten on a return",
			"waiters of other keys are forgotten on a close",
			"the heap is not kept in order on the way down",
			"the next waiter inherits the arrival of the first",
			"waiters of another key are not seen":
			all = append(all, f)
		}
	}
	return append(all, plantedInKeysAlone()...)
}

// plantedInKeysAlone are those of them that are in the simulation.
func plantedInKeysAlone() []planted {
	return []planted{
		{"close of another key's connection frees no place", "sim/keys_run.go",
			"	e.keyed.court.places--\n", "	if by == e {\n		e.keyed.court.places--\n	}\n"},
		{"keys do not work for each other", "sim/keys_run.go",
			"		e.arriveAt(k.now)\n		e.after()\n", "		e.arriveAt(k.now)\n"},
	}
}

// TestPlantedInKeys has simulations with keys find each fault, with nothing but what they
// judge in every run.
func TestPlantedInKeys(t *testing.T) {
	faults := number(t, plantedInKeys(), everyFault())
	if len(faults) != 11 {
		t.Fatalf("%d faults: another list has changed a name", len(faults))
	}
	if testing.Short() || raceDetector {
		faults = append(faults[:3:3], faults[9])
	}
	program := buildPlantedTests(t, "sim", everyFault())
	if out, failed := runKeys(t, program, noFault); failed {
		t.Fatalf("without any fault:\n%s", out)
	}
	for _, f := range faults {
		t.Run(strings.ReplaceAll(f.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			out, failed := runKeys(t, program, f.number)
			if !failed {
				t.Fatal("not found")
			}
			t.Log(keysFound.FindString(out))
		})
	}
}

// keysFound finds the line that says what was wrong.
var keysFound = regexp.MustCompile(`(?m)^( +keys_test.go:\d+: .*|panic: .*)$`)

func runKeys(t *testing.T, program string, fault int) (out string, failed bool) {
	c := exec.CommandContext(t.Context(), program, "-test.run", "^TestKeysAreJudged$", "-test.failfast", "-test.timeout", limitOf(fault))
	c.Dir = t.TempDir()
	c.Env = append(os.Environ(), fmt.Sprintf("%s=%d", plantedVariable, fault))
	text, err := c.CombinedOutput()
	return string(text), err != nil
}
