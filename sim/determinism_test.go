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
		"simple":        "7dd2331fab3789c336c9b9ddad1f31bff380bb8e4ef5eab48e1440a9dd279344",
		"everything":    "b9f584f9e7d1c26ae8fa2ba4e5cd879c564d2e51d818de5bc1e5148160efc9fc",
		"closed":        "62044b8b6de4425b96360fa4915c7614132a24068b7b65aec1c984cc8af63e43",
		"bursts":        "45ae810e43effaf0544399bdacea50467579607e7a7d78631249b3bb614a3f5c",
		"restart.json":  "3dc9e32221e26c7821c0dc81028fc8b9cc08e61357e108b79b591b638d6a0395",
		"outage.json":   "f9f6b9eb8af7a6683c862e3bc0abf0c7a116eb0dfb921a7bdb8931957748c372",
		"bursts.json":   "27c36af277bcd639723b72e0d68988fbbeecdc0e476ebeb599f38bf9126f6340",
		"day.json":      "82570523107449d7535e529f8ed4a4025354d4930c9451db121a2ab8357b3c3a",
		"closed.json":   "ed5df20b82000e3965ebd1b57f76e4d132f879ae2aa42cb3e9c9b3d42d184582",
		"measured.json": "db812aac94f110d6c73564d534497e2b2ff488f3e8e8840c0f075ea26c10ba9e",
	}
}

// pinnedScenarios are those, by name.
func pinnedScenarios(t *testing.T) map[string]*Scenario {
	all := map[string]*Scenario{}
	for _, sc := range []*Scenario{simple(), everything(), closedScenario(), burstScenario()} {
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
