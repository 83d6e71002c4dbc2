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
		"simple":        "b1688c81ad1d1e6e072fbe3917a6da9582b0bc1a27e75389bee8744b403d3680",
		"everything":    "8757c8c7eda59522dbdc9bf65d7582b066481990a5193422466684c1c65b6356",
		"closed":        "98db940f461b35c13c5f3d9437142c0b69857a9e6f4b647edbc1822256445997",
		"bursts":        "e543ad977aadd398881976a4cc87050e26bae6cd432092f3dc0e068bf0f8163d",
		"nested":        "878a7925174d0ab03c493c6142a5af46bc1ff4bce41aa59a32c0eb5457f46f80",
		"fleet":         "64acefbefce8fd23b5c03bd25e59291bb2b37a70e02e128f9e1baa63f4037bc1",
		"keys":          "da87038784a9c879100ecac29e79257504a55482e718bb470282a1b369692711",
		"restart.json":  "58389c36bc2efb63c552a1e11b515c82f38199e3c143d6de3c31566e86f5f79a",
		"outage.json":   "78877e5f5080ebbd1fd4ed3c5f9704a9bbe46ba028b87bdb2dd2957f40863d4f",
		"bursts.json":   "5a285ad25af55932f785d36c86cd9ec6ad5ab2ff9646fca0c5bc2b0bd6edac10",
		"day.json":      "f00e3087b7ded28190628795b845883734a7a6f32e576dccdf290b151675b197",
		"closed.json":   "cb99d782dd3c840ebf4e39e1772a4f5fec014b67d0f4a0d734fb9dac79161552",
		"measured.json": "bafd3541870a08d7a8767b8a9421d3267b39f6a71f883d1f78962605786e1f43",
	}
}

// pinnedScenarios are those, by name.
func pinnedScenarios(t *testing.T) map[string]*Scenario {
	all := map[string]*Scenario{}
	for _, sc := range []*Scenario{simple(), everything(), closedScenario(), burstScenario(), nestedScenario(), fleetScenario(), keysScenario()} {
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
	numbers := []int{1, 2, 8}
	if raceDetector {
		numbers = numbers[1:2] // with one there are no races, and with eight there are no others
	}
	for _, procs := range numbers {
		runtime.GOMAXPROCS(procs)
		var wait sync.WaitGroup
		for _, name := range []string{"everything", "bursts", "closed", "fleet", "keys", "everything", "measured.json", "measured.json", "fleet", "keys"} {
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
