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
		"simple":        "f98d02cfbd2aea08284f0916c4e068812729b590a4c696d34443b63db0fa7e27",
		"everything":    "f3c776de6b8584f33ac44417c9b914a2b15f56162d71b38afd617ee8958dba91",
		"closed":        "658c9d29fcc24770f62cf6fe05327bff45fd7bc4675f0febcfa65bfbdcf84601",
		"bursts":        "65b4c6497e1a383f8d2e1396c3ae8d61173f4a6c8f217fb20f5909b7fc008697",
		"restart.json":  "338256ce4ba11ef8283bfafaf8fee44fa008e7c910721d008b15f2ac7cf78424",
		"outage.json":   "8091d74020c802b2f1557a8116764a672a0e382c55bf7ed71518f119115fa26f",
		"bursts.json":   "1a5d15092848cd8e511936ed61eb0b51a5a7b783c1832f0349083230a2a8c8cc",
		"day.json":      "e6fb61b45b4fc19dc1b196c53e1def8b28a7d180f5282949d8ca2670e400cb2c",
		"closed.json":   "de479a1db11f41ddf5550d301e808eca7a63792c372003d8234137ea94a75986",
		"measured.json": "4541eb1086bca1c7292c62e760dcab3afd00aca2c102c8ededc1f3cfc62aa39c",
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
