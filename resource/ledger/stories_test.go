package ledger_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/respool/respool/resource/ledger/story"
)

// TestStories replays the golden stories. Every effect of every event must be in
// the text, and every invariant must hold after every event.
//
//	go test -run TestStories -update ./resource/ledger
//
// writes the effects that the events really have; read them before you believe
// them.
func TestStories(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "stories", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("found %d stories: %v", len(files), err)
	}
	update := flag.Lookup("update").Value.String() == "true"
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(strings.TrimSuffix(name, ".txt"), func(t *testing.T) {
			if filepath.Ext(name) != ".txt" {
				t.Fatalf("%s is no story: its name does not end in .txt", name)
			}
			replay(t, file, update)
		})
	}
}

func replay(t *testing.T, file string, update bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := story.Parse(file, text)
	if err != nil {
		t.Fatal(err)
	}
	played, err := s.Replay()
	if err != nil {
		t.Fatalf("%s: %v\n%s", file, err, played.Format())
	}
	got := played.Format()
	if bytes.Equal(got, text) {
		return
	}
	if update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("%s: the story goes otherwise (-written, +played):\n%s",
		file, cmp.Diff(strings.Split(string(text), "\n"), strings.Split(string(got), "\n")))
}
