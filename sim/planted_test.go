package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/respool/respool/resource/ledger/story"
)

// planted is a fault in the ledger: in one file a text, which stands there once,
// is replaced by another. It is never in the code that ships: the compiler is
// told of it by an overlay.
type planted struct {
	name, file, old, new string
}

// plantedSeeds is how many seeds the search may take to find a planted fault.
const plantedSeeds = 20_000

// TestPlantedFaults builds the search with one fault at a time in the ledger. It
// must find every one, and the story that it tells of it must be one that the
// ledger without the fault can play.
func TestPlantedFaults(t *testing.T) {
	faults := slices.Concat(plantedInAcquire(), plantedInRelease(), plantedInTime(), plantedInOrder(), plantedInLane(), plantedInWhole())
	if testing.Short() || raceDetector { // what is built here is built without the detector
		faults = faults[:4]
	}
	var mu sync.Mutex
	var found []string
	t.Run("fault", func(t *testing.T) {
		for _, f := range faults {
			t.Run(strings.ReplaceAll(f.name, " ", "-"), func(t *testing.T) {
				t.Parallel()
				v := f.hunt(t)
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

// hunt builds the search with the fault, and runs it.
func (f *planted) hunt(t *testing.T) *Violation {
	dir := t.TempDir()
	program := filepath.Join(dir, "hunt")
	build := exec.Command("go", "build", "-ldflags", "-s -w", "-overlay", f.overlay(t, dir), "-o", program, "./testdata/hunt")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("with the fault: %v\n%s", err, out)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	hunt := exec.CommandContext(ctx, program, "-seeds", fmt.Sprint(plantedSeeds))
	hunt.Stderr = os.Stderr
	out, err := hunt.Output()
	if err != nil {
		t.Fatal(err)
	}
	var r SearchResult
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if r.Violation == nil {
		t.Fatalf("not found in %d seeds, %d events", r.Seeds, r.Events)
	}
	t.Logf("%v\n%s", r.Violation, r.Violation.Story)
	s, err := story.Parse(f.name, []byte(r.Violation.Story))
	if err != nil {
		t.Fatalf("the story cannot be read: %v", err)
	}
	if len(s.Steps) > 60 {
		t.Errorf("the story has %d events", len(s.Steps))
	}
	return r.Violation
}

// overlay writes the file with the fault, and the overlay that has the compiler
// use it.
func (f *planted) overlay(t *testing.T, dir string) string {
	file, err := filepath.Abs(filepath.Join("..", "resource", "ledger", f.file))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), f.old); n != 1 {
		t.Fatalf("%s has this %d times, must have it once:\n%s", f.file, n, f.old)
	}
	faulty := filepath.Join(dir, f.file)
	write := func(name string, data []byte) {
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(faulty, []byte(strings.Replace(string(text), f.old, f.new, 1)))
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {file: faulty}})
	if err != nil {
		t.Fatal(err)
	}
	overlay := filepath.Join(dir, "overlay.json")
	write(overlay, replace)
	return overlay
}
