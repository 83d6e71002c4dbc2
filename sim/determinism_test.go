package sim

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

// pinned returns the hashes of reports. They are the same on any machine; when
// one changes, so does what the same seed means, for all users.
func pinned() map[string]string {
	return map[string]string{
		"simple":        "f9e29979d740c89ffd49005ade727f7149843a5140f805576d03dd10941aeba0",
		"everything":    "1cd33fb2bed6fbde05f06fff73e6d1cff0dbff89978bebc5bb156f335d8a0556",
		"closed":        "69bd9573d5e9d53cd65c72120a57bbaf9cb14baabdf3d490aaec15d65c4854d2",
		"bursts":        "733a43b57a22752ae5687a978c1561e0eb893a03d406c2a2d39434c750f4fc26",
		"nested":        "1cd1831aa9ab7f281f1770b9f3dda890e4e656481656d6852536fe7fafc6b102",
		"restart.json":  "bb0fe6043ada215adc69a29fcfd5956758a246310b8e92fe9def84385c06f5ac",
		"outage.json":   "2b30c961a936563776e51f5fdae7b875684018a409d6ea53cfd3b5d92605203b",
		"bursts.json":   "502debe27b854bb742791a0450925fa57c2fac330009730906e8089fb7845a3a",
		"day.json":      "3f5672697b9bb5dd7833b9d81c82dcac9a3ebe2b198284c43c3b19c2d2b69c21",
		"closed.json":   "1ac0ae8bdc058c33b686b5120f1cb7be175fcc214346a0c703c2a941e9cec84c",
		"measured.json": "63e6ab5e05715023e377d55f8375fa39536bf74e56880c6b6b2f36365c805b22",
	}
}

// pinnedScenarios are those, by name.
func pinnedScenarios(t *testing.T) map[string]*Scenario {
	all := map[string]*Scenario{}
	for _, sc := range []*Scenario{simple(), everything(), closedScenario(), burstScenario(), nestedScenario()} {
		all[sc.Name] = sc
	}
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenario in testdata: %v", err)
	}
	for _, file := range files {
		sc, err := ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(file)] = sc
	}
	return all
}

// reportHash runs a scenario, and returns the hash of its report.
func reportHash(sc *Scenario) string {
	r, err := Run(sc)
	if err != nil {
		return err.Error()
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%x", sha256.Sum256(text))
}

func TestReportsArePinned(t *testing.T) {
	onOneGoroutine(t)
	t.Parallel()
	all, want := pinnedScenarios(t), pinned()
	for name, sc := range all {
		for range 2 { // the second sees what the first leaves behind, if anything
			if got := reportHash(sc); got != want[name] {
				t.Errorf("%q: %q,", name, got)
			}
		}
		simulate(t, sc)
	}
	for name := range want {
		if all[name] == nil {
			t.Errorf("there is no %s", name)
		}
	}
}

func TestRunsInParallelAreTheSame(t *testing.T) {
	all, want := pinnedScenarios(t), pinned()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, procs := range []int{1, 2, 8} {
		runtime.GOMAXPROCS(procs)
		var wait sync.WaitGroup
		for _, name := range []string{"everything", "bursts", "closed", "everything", "measured.json", "measured.json"} {
			wait.Go(func() {
				if got := reportHash(all[name]); got != want[name] {
					t.Errorf("%s with GOMAXPROCS %d: %s", name, procs, got)
				}
			})
		}
		wait.Wait()
	}
}

// Another seed is another run.
func TestSeedsDiffer(t *testing.T) {
	onOneGoroutine(t)
	t.Parallel()
	seen := map[string]uint64{}
	for seed := range uint64(20) {
		sc := simple()
		sc.Seed, sc.Name = seed, ""
		r := simulate(t, sc)
		r.Seed = 0
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if other, twice := seen[string(text)]; twice {
			t.Errorf("seeds %d and %d have the same report", seed, other)
		}
		seen[string(text)] = seed
	}
}
