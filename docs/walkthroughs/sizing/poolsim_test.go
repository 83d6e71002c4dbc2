package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// shown matches a command of poolsim on the page, and the file with its output that the page shows after it.
var shown = regexp.MustCompile("(?s)```sh\ngo run ./sim/cmd/poolsim ([^`]*)```\n\n<<< \\./([a-z]+\\.txt)\\{text\\}")

// verdictOf returns the beginning of an output, in one line.
func verdictOf(text string) string {
	first, _, _ := strings.Cut(text, "\n\n")
	first, _, _ = strings.Cut(first, "\n  (")
	return strings.ReplaceAll(first, "\n", " ")
}

// TestPageShowsWhatPoolsimPrints runs the commands of the page.
func TestPageShowsWhatPoolsimPrints(t *testing.T) {
	page, err := os.ReadFile("index.md")
	if err != nil {
		t.Fatal(err)
	}
	found := shown.FindAllStringSubmatch(string(page), -1)
	if len(found) != 2 {
		t.Fatalf("the page has %d commands of poolsim with an output, want 2", len(found))
	}
	poolsim := filepath.Join(t.TempDir(), "poolsim")
	if out, err := exec.Command("go", "build", "-ldflags", "-s -w", "-o", poolsim, "../../../sim/cmd/poolsim").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for _, f := range found {
		args := strings.Fields(strings.ReplaceAll(f[1], "\\\n", " "))
		cmd := exec.Command(poolsim, args...)
		cmd.Env = append(os.Environ(), "COLUMNS=80")
		got, err := cmd.Output()
		if err != nil {
			t.Fatalf("poolsim %s: %v", strings.Join(args, " "), err)
		}
		want, err := os.ReadFile(f[2])
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("poolsim %s\nprints:\n%s\n%s has:\n%s", strings.Join(args, " "), got, f[2], want)
		}
		if verdict := verdictOf(string(got)); strings.Contains(verdict, "smallest") && !strings.Contains(string(page), "\n> "+verdict+"\n") {
			t.Errorf("the page does not quote: %s", verdict)
		}
	}
}
