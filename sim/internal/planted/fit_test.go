package planted_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestFaultsFitTheCode is the quick check after a change of the code: without a build it
// says which faults no longer fit, all in one message, and which tests are gone that should
// find a fault.
func TestFaultsFitTheCode(t *testing.T) {
	shell, exporters := slices.Concat(shellFaults()...), slices.Concat(exporterFaults()...)
	every := everyFault()
	for _, f := range exporters {
		every = append(every, f.planted)
	}
	for _, f := range slices.Concat(shell, exporters) {
		name, _, _ := strings.Cut(f.test, "/")
		if !hasTest(t, f.folder(), name) {
			t.Errorf("%s: %s has no test %s", f.name, f.folder(), name)
		}
	}
	overlay(t, t.TempDir(), every)
}

// hasTest reports whether a folder has a test of that name.
func hasTest(t *testing.T, folder, name string) bool {
	files, err := filepath.Glob(filepath.Join(inRoot(t, folder), "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(files, func(file string) bool {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Contains(string(text), "func "+name+"(")
	})
}
