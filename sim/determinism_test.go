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
		"simple":        "f45b189166da4f5194ff6840b1d35005bf89691627b241c3661fa354e03684db",
		"everything":    "ef0868efeb97948110b0d8c86c6144ed982b00c07e40190d5cb9124e557a1062",
		"closed":        "e4b74b34dfb428bd7ebcfcb305215dac7035c6ca7e2581cff913b3add9f6f2d1",
		"bursts":        "6c25c6fd5db009692d1bcdb3ca687f6c6ea480bea09bb8c34df0c7185095e06e",
		"restart.json":  "f264dbc827dad23486be84744e21ecf0b3d6b47a91bf95fd0478f6029ea5aaba",
		"outage.json":   "1f469c0001372ab6291268218bb919d722d758afa8b481ac86d6a75dc9fabdbf",
		"bursts.json":   "c6d961b9928da9840ca98340b2802eb280abd48a6599fe2c7906aa3b0b6feaa9",
		"day.json":      "0f10535d4cbc971dbebab63f1583702e727de2ce64693fedea897475afb67e9c",
		"closed.json":   "7a9346d492aa9f2449aaeed1201c62dad8a1ec5a068dcff8d89541a25e75d464",
		"measured.json": "bf6e7aab9d64c13ff3e93d43f6966a3bf2f76bb2358df28d748d60d5b3108580",
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
