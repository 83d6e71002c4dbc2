package plain_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/respool/respool/sim/internal/plain"
)

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestRead(t *testing.T) {
	if _, err := plain.Read(endless{}, 1<<20); err == nil || err.Error() != "it is longer than 1 MB: take a part of it" {
		t.Errorf("without an end: %v", err)
	}
	if data, err := plain.Read(strings.NewReader("abc"), 3); string(data) != "abc" || err != nil {
		t.Errorf("%q, %v", data, err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	if err := os.WriteFile(path, make([]byte, 1<<20+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if data, err := plain.ReadFile(path, 2<<20); len(data) != 1<<20+1 || err != nil {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	for file, want := range map[string]string{path: path + ": it is longer than 1 MB", dir: dir + ": is a directory", path + "y": path + "y: "} {
		if _, err := plain.ReadFile(file, 1<<20); err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), file) != 1 {
			t.Errorf("%v, want one with %q", err, want)
		}
	}
}
