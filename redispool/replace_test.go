package redispool_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/respool/respool/redispool/internal/redistest"
)

// TestReplace builds one program twice, with redigo's import line and with ours, and runs both.
func TestReplace(t *testing.T) {
	source, err := os.ReadFile("testdata/replace/program.go.txt")
	if err != nil {
		t.Fatal(err)
	}
	const theirs, ours = `"` + redigoPath + `"`, `redis "` + ownPath + `"`
	if n := strings.Count(string(source), theirs); n != 1 {
		t.Fatalf("the program has %d import lines of redigo, want 1", n)
	}
	want := runProgram(t, string(source))
	got := runProgram(t, strings.Replace(string(source), theirs, ours, 1))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("with redigo (-) and with respool (+) the program says:\n%s", diff)
	}
	if end := "after Close: redigo: get on closed pool\n"; !strings.HasSuffix(got, end) {
		t.Errorf("the program did not get to its end:\n%s", got)
	}
}

// runProgram builds a program as a package of this module, and returns its output. The package exists only in an overlay:
// nothing is written to the source tree.
func runProgram(t *testing.T, source string) string {
	t.Helper()
	dir := t.TempDir()
	file, binary := filepath.Join(dir, "main.go"), filepath.Join(dir, "program")
	place, err := filepath.Abs("testdata/replace/program/main.go")
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{place: file}})
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, file, []byte(source))
	writeFile(t, filepath.Join(dir, "overlay.json"), overlay)
	output(t, "go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", binary, "./testdata/replace/program")
	return output(t, binary, redistest.Mini(t).Addr())
}

func writeFile(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	var stderr strings.Builder
	cmd := exec.Command(name, args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s%s", cmd, err, out, &stderr)
	}
	return string(out)
}
