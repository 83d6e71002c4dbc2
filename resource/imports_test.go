package resource

import (
	"os/exec"
	"strings"
	"testing"
)

// A program that imports this package compiles nothing outside of the standard
// library and the project's own leaves.
func TestImportsNothingForeign(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{
		"github.com/respool/respool/policy":                 true,
		"github.com/respool/respool/resource/ledger":        true,
		"github.com/respool/respool/resource/ledger/bucket": true,
		"github.com/respool/respool/resource":               true,
	}
	for _, pkg := range strings.Fields(string(out)) {
		if !want[pkg] {
			t.Errorf("imports %s", pkg)
		}
		delete(want, pkg)
	}
	for pkg := range want {
		t.Errorf("does not import %s", pkg)
	}
}
