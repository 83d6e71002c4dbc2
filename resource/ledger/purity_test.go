package ledger_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPurity keeps the ledger a plain value: no lock, no goroutine, no clock, no
// I/O and no state outside of it, in any file that is not a test.
func TestPurity(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		n++
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, offence := range impurities(fset, f) {
			t.Error(offence)
		}
	}
	if n == 0 {
		t.Fatal("found no file to look at")
	}
}

// TestPurityFinds shows each offence to the test above.
func TestPurityFinds(t *testing.T) {
	for source, want := range map[string]string{
		`import "sync"`:      `1: imports sync`,
		`import "os"`:        `1: imports os`,
		`import "context"`:   `1: imports context`,
		`import "math/rand"`: `1: imports math/rand`,
		`import "github.com/respool/respool/sim"`: `1: imports github.com/respool/respool/sim`,
		`import . "fmt"`:                                             `1: imports fmt under the name .`,
		`import clock "time"`:                                        `1: imports time under the name clock`,
		`var cache int`:                                              `1: has the package variable cache`,
		`var a, b = 1, 2`:                                            `1: has the package variable a`,
		`func init() {}`:                                             `1: has an init`,
		`func f() { go f() }`:                                        `1: starts a goroutine`,
		`func f() { select {} }`:                                     `1: selects`,
		`func f(c chan int) {}`:                                      `1: has a channel`,
		`type t struct{ c <-chan int }`:                              `1: has a channel`,
		`func f[C any](c C, v int) { c <- v }`:                       `1: sends`,
		`func f[C any](c C) { <-c }`:                                 `1: receives`,
		`import "time"; var _ = 0; func f() { time.Now() }`:          `1: uses time.Now`,
		`import "time"; func f() { g(time.Since) }`:                  `1: uses time.Since`,
		`import "time"; func f() { time.AfterFunc(time.Second, f) }`: `1: uses time.AfterFunc`,
		`import "time"; type t struct{ at time.Time }`:               `1: uses time.Time`,
		`import "math/rand/v2"; func f() { rand.IntN(3) }`:           `1: uses rand.IntN`,
		`import "fmt"; func f() { fmt.Println() }`:                   `1: uses fmt.Println`,
		`import "unsafe"`:                                            `1: imports unsafe`,
		`import "time"; func f() time.Duration { var d = time.Second; return d }`: ``,
		`import "math/rand/v2"; func f() { rand.New(rand.NewPCG(1, 2)) }`:         ``,
		`import "fmt"; func f() error { return fmt.Errorf("") }`:                  ``,
		`import "github.com/respool/respool/policy"; const limit = policy.Never`:  ``,
	} {
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, "", "package p; "+source, parser.SkipObjectResolution)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		got := strings.Join(impurities(fset, f), "\n")
		if first, _, _ := strings.Cut(got, "\n"); first != want {
			t.Errorf("%s (-want, +found):\n%s", source, cmp.Diff(want, got))
		}
	}
}

// mayImport lists what the ledger may import, and which names of each it may use;
// nil: all.
func mayImport() map[string][]string {
	return map[string][]string{
		"fmt":          {"Sprintf", "Errorf"},
		"math/rand/v2": {"Rand", "New", "NewPCG"},
		"slices":       nil,
		"strconv":      nil,
		"time":         {"Duration", "Nanosecond", "Microsecond", "Millisecond", "Second", "Minute", "Hour"},

		"github.com/respool/respool/policy": nil,
	}
}

// impurities returns all that a file may not have, with its place.
func impurities(fset *token.FileSet, f *ast.File) (found []string) {
	offend := func(at ast.Node, format string, args ...any) {
		found = append(found, fmt.Sprintf("%s: %s", place(fset, at), fmt.Sprintf(format, args...)))
	}
	names := map[string][]string{} // what may be used, by the import's name
	for _, spec := range f.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		allowed, ok := mayImport()[path]
		switch {
		case !ok:
			offend(spec, "imports %s", path)
		case spec.Name != nil:
			offend(spec, "imports %s under the name %s", path, spec.Name)
		case allowed != nil:
			parts := strings.Split(strings.TrimSuffix(path, "/v2"), "/")
			names[parts[len(parts)-1]] = allowed
		}
	}
	for _, decl := range f.Decls {
		switch d := decl.(type) {
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if v, ok := spec.(*ast.ValueSpec); ok && d.Tok == token.VAR && v.Names[0].Name != "_" {
					offend(v, "has the package variable %s", v.Names[0])
				}
			}
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.Name == "init" {
				offend(d, "has an init")
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			offend(n, "starts a goroutine")
		case *ast.SelectStmt:
			offend(n, "selects")
		case *ast.ChanType:
			offend(n, "has a channel")
		case *ast.SendStmt:
			offend(n, "sends")
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				offend(n, "receives")
			}
		case *ast.SelectorExpr:
			x, ok := n.X.(*ast.Ident)
			if !ok {
				return true
			}
			if allowed, ok := names[x.Name]; ok && !slices.Contains(allowed, n.Sel.Name) {
				offend(n, "uses %s.%s", x.Name, n.Sel)
			}
		}
		return true
	})
	return found
}

func place(fset *token.FileSet, n ast.Node) string {
	p := fset.Position(n.Pos())
	if p.Filename == "" {
		return strconv.Itoa(p.Line)
	}
	return fmt.Sprintf("%s:%d", p.Filename, p.Line)
}
