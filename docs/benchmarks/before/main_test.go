package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, args := range [][]string{{"x"}, {"-rounds", "0"}, {"-time", "0s"}, {"-bench", "("}} {
		if _, err := parse(args); err == nil {
			t.Errorf("%s: no error", strings.Join(args, " "))
		}
	}
	if o, err := parse(nil); err != nil || o.commit != beforeFeatures {
		t.Errorf("%+v, %v", o, err)
	}
}

// TestBuild: the benchmarks can be built with the tree, and run.
func TestBuild(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := &side{name: "after", root: root}
	if err := s.build(t.Context(), filepath.Join(dir, "after")); err != nil {
		t.Fatal(err)
	}
	if s.out, err = os.Create(filepath.Join(dir, "after.txt")); err != nil {
		t.Fatal(err)
	}
	defer s.out.Close()
	for i := range suites {
		if err := s.run(t.Context(), &options{time: 1, bench: "/bare"}, i); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(s.out.Name())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"BenchmarkReuse/bare", "BenchmarkWait/bare", "BenchmarkGetClose/bare", "BenchmarkGetDoClose/bare"} {
		if !strings.Contains(string(text), name) {
			t.Errorf("%s is missing in\n%s", name, text)
		}
	}
}

// TestExport: a commit that the clone lacks is named.
func TestExport(t *testing.T) {
	err := export(t.Context(), t.TempDir(), "no-such-commit", filepath.Join(t.TempDir(), "old"))
	if err == nil || !strings.Contains(err.Error(), "commit no-such-commit is not in this clone") {
		t.Error(err)
	}
}
