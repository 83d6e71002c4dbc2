// Package planted_test plants faults in the ledger, and has the search of package
// check find them. Faults in other packages are for those packages' own tests. It is a
// package of its own since it needs much time.
package planted_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/respool/respool/resource/ledger/story"
	"github.com/respool/respool/sim/check"
)

// planted is a fault: in one function of a file a text, which stands in that file once, is
// replaced by another. It is never in the code that ships: an overlay shows it to the
// compiler. A file with no folder in its name is one of the ledger.
type planted struct {
	name, file, old, new string
}

// plantedSeeds is how many seeds the search may take to find a planted fault.
const plantedSeeds = 20_000

// lateFaults are those that the search finds after thousands of seeds, and one at which it
// begins by day. The search finds each of them from seed 0 on, too.
var lateFaults = map[string]int{
	"deadline not brought forward": 6500,
}

func allPlanted() []planted {
	return slices.Concat(plantedInAcquire(), plantedInRelease(), plantedInTime(), plantedInHold(), plantedInSuspects(), plantedInIdleTests(), plantedInReplacing(), plantedInShedding(), plantedInReserve(), plantedInUrgent(), plantedInOrder(), plantedInLane(), plantedInWhole())
}

// TestPlantedFaults builds the search once, with every fault and a switch that turns on
// one of them. With each fault of the ledger on, the search must find it, and must return
// a story that a person can read. With none on, it must find nothing.
func TestPlantedFaults(t *testing.T) {
	faults := number(t, allPlanted(), everyFault())
	if testing.Short() || raceDetector { // what is built here is built without the detector
		faults = faults[:4]
	}
	for name := range lateFaults {
		if !slices.ContainsFunc(allPlanted(), func(f planted) bool { return f.name == name }) {
			t.Errorf("no fault is called %q", name)
		}
	}
	program := buildPlanted(t)
	if v := hunt(t, program, noFault, 100); v != nil {
		t.Fatalf("without any fault: %v\n%s", v, v.Story)
	}
	var mu sync.Mutex
	var found []string
	t.Run("fault", func(t *testing.T) {
		for _, f := range faults {
			t.Run(strings.ReplaceAll(f.name, " ", "-"), func(t *testing.T) {
				t.Parallel()
				first := lateFaults[f.name]
				if os.Getenv("RESPOOL_LONG") == "1" {
					first = 0
				}
				v := hunt(t, program, f.number, plantedSeeds, "-first", fmt.Sprint(first))
				if v == nil {
					t.Fatalf("not found in %d seeds", plantedSeeds)
				}
				readable(t, v)
				mu.Lock()
				defer mu.Unlock()
				found = append(found, fmt.Sprintf("%6d  %-52s %s", v.Seed+1, f.name, v.Oracle))
			})
		}
	})
	slices.Sort(found)
	t.Logf("%d of %d planted faults found; after so many seeds, by which oracle:\n%s",
		len(found), len(faults), strings.Join(found, "\n"))
}

// hunt runs the search with one fault on, or with none. It sets no limit of time:
// that is go test's.
func hunt(t *testing.T, program string, fault, seeds int, more ...string) *check.Violation {
	hunt := exec.CommandContext(t.Context(), program, append(more, "-seeds", fmt.Sprint(seeds))...)
	hunt.Env = append(os.Environ(), fmt.Sprintf("%s=%d", plantedVariable, fault))
	hunt.Stderr = os.Stderr
	out, err := hunt.Output()
	if err != nil {
		t.Fatal(err)
	}
	var r check.SearchResult
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return r.Violation
}

// readable checks the story of a violation.
func readable(t *testing.T, v *check.Violation) {
	t.Logf("%v\n%s", v, v.Story)
	keys := v.Scenario != nil && v.Scenario.Keys.Count > 0
	if (v.Oracle == "fleet" || keys) && v.Story == "" {
		return // it concerns several pools, and a story has one
	}
	s, err := story.Parse(t.Name(), []byte(v.Story))
	if err != nil {
		t.Fatalf("the story cannot be read: %v", err)
	}
	if len(s.Steps) > 60 {
		t.Errorf("the story has %d events", len(s.Steps))
	}
}
