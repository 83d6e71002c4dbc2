package planted_test

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// keysSearchMisses are faults in what several ledgers share that the search is not asked to
// find. Some need what no scenario with keys has, such as a key that is removed. The others show
// in the order of events alone. TestPlantedFaultsOfTotal has all of them found.
var keysSearchMisses = []string{
	"the last one to become idle is displaced",
	"an older waiter of the own key goes last",
	"the removed key opens after all",
	"canceled waiter keeps the heir",
	"MinIdle of a key exceeds what may be idle",
	"other keys' MinIdle waits without end for one that does not open",
	"probe displaces while another one is under way",
	"place among the idle is lost in a test",
	"a place to open does not end the overload of a key",
	"one is shed where several should be under one key",
	"closes are not seen",
}

// plantedInKeysCalls are faults in the calls of a simulation with keys.
func plantedInKeysCalls() []planted {
	return []planted{
		{"each key has a budget of its own", "sim/keys_run.go",
			"		e.calls.budget = budget\n", "		_ = budget\n"},
	}
}

// TestPlantedInKeysSearch has the search in scenarios with keys find the other faults.
func TestPlantedInKeysSearch(t *testing.T) {
	faults := slices.DeleteFunc(plantedInTotal(), func(f planted) bool { return slices.Contains(keysSearchMisses, f.name) })
	if n := len(plantedInTotal()) - len(keysSearchMisses); len(faults) != n {
		t.Fatalf("%d faults, want %d: another list has changed a name", len(faults), n)
	}
	faults = append(plantedInKeysCalls(), faults...)
	switch {
	case testing.Short() || raceDetector:
		faults = faults[:4]
	case os.Getenv("RESPOOL_LONG") != "1": // TestPlantedFaultsOfTotal has all of them each time
		faults = faults[:10]
	}
	program := buildPlanted(t)
	if v := hunt(t, program, noFault, 50, "-keys"); v != nil {
		t.Fatalf("without any fault: %v", v)
	}
	for _, f := range number(t, faults, everyFault()) {
		t.Run(strings.ReplaceAll(f.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			v := hunt(t, program, f.number, plantedSeeds, "-keys")
			switch {
			case v == nil:
				t.Fatalf("not found in %d seeds", plantedSeeds)
			case v.Scenario == nil || v.Scenario.Keys.Count == 0:
				t.Errorf("no scenario: %v", v)
			}
			t.Logf("%6d %s: %s", v.Seed+1, v.Oracle, v.Detail)
		})
	}
}
