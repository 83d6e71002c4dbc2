package docs_test

import (
	"go/parser"
	"go/token"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestFirstProgram runs the program of the front page. Readers paste it into a module of their own, so it may import only
// packages that they can import.
func TestFirstProgram(t *testing.T) {
	out, err := exec.Command("go", "run", "./first").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if want := regexp.MustCompile(`^40 visits, at most [1-4] connections at a time\n$`); !want.Match(out) {
		t.Errorf("it printed %q", out)
	}
	file, err := parser.ParseFile(token.NewFileSet(), "first/main.go", nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	page := strings.Join(lines(t, "index.md"), "\n")
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		external := strings.Contains(path, ".")
		if strings.Contains(path, "internal") || external && !strings.Contains(page, "go get "+path+"\n") {
			t.Errorf("it imports %s, and the page does not get that", path)
		}
	}
	if !strings.Contains(page, "<<< ./first/main.go{go}") {
		t.Error("the page does not show it")
	}
}
