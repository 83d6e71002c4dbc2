package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"testing"
)

const sample = `package p
type inner struct{ Shown int }
func (inner) Promoted() {}
type Box[T any] struct { inner; Open func(name T) error; hidden int }
func (b *Box[T]) Do(f func(v T), all ...string) (n int, err error) { return }
func (b *Box[T]) hide() {}
type Pair struct { A, B int }
type Asker interface { Ask() }
type Same = Pair
type Level uint8
const Top Level = 3
var Err error
func New[T any](v T) *Box[T] { return nil }
func hidden() {}
`

func listSample(t *testing.T, source string) []string {
	t.Helper()
	files := token.NewFileSet()
	f, err := parser.ParseFile(files, "p.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	pkg, err := new(types.Config).Check("example.com/p", files, []*ast.File{f}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return list("p", pkg)
}

func TestList(t *testing.T) {
	want := []string{
		"p.Asker type interface{Ask()}",
		"p.Box type[T any] struct",
		"p.Box.Do method of the pointer (func(T), ...string) (int, error)",
		"p.Box.Open field func(T) (error)",
		"p.Box.Promoted method ()",
		"p.Err var error",
		"p.Level type uint8, comparable",
		"p.New func[T any](T) (*Box[T])",
		"p.Pair type struct, comparable",
		"p.Pair.A field int",
		"p.Pair.B field int",
		"p.Same = Pair",
		"p.Top const Level = 3",
	}
	if got := listSample(t, sample); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestChanges makes changes to the sample: each that may break a program takes a
// line away, and no other does.
func TestChanges(t *testing.T) {
	before := listSample(t, sample)
	for _, c := range []struct{ old, new, gone string }{
		{"type Asker interface { Ask() }", "type Asker interface { Ask(); Tell() }", "p.Asker"},
		{"func (b *Box[T]) Do(", "func (b *Box[T]) Did(", "p.Box.Do"},
		{"A, B int", "A int; B []int", "p.Pair p.Pair.B"},
		{"Top Level = 3", "Top Level = 4", "p.Top"},
		{"func (inner) Promoted() {}", "", "p.Box.Promoted"},
		{"func New[T any](v T)", "func New[T any](value T)", ""},
		{"Open func(name T) error", "Open func(T) error; More int", ""},
		{"func hidden() {}", "", ""},
	} {
		after := strings.Replace(sample, c.old, c.new, 1)
		if after == sample {
			t.Fatalf("%q is not in the sample", c.old)
		}
		var gone []string
		for _, l := range missing(before, listSample(t, after)) {
			name, _, _ := strings.Cut(l, " ")
			gone = append(gone, name)
		}
		if got := strings.Join(gone, " "); got != c.gone {
			t.Errorf("%q in the place of %q takes away %q, want %q", c.new, c.old, got, c.gone)
		}
	}
}

func TestUnnamed(t *testing.T) {
	lines := removedIn("--- a/api.txt\n+++ b/api.txt\n@@ -1,4 +1 @@\n-p.A const int = 1\n-p.B type struct\n-p.B.C field int\n-p.D.E method ()\n-p.D.F method ()\n+p.G var int\n")
	got := unnamed(lines, "**Break**: `p.B` is gone, p.A too, and so is `p.D.E`.")
	if want := []string{"p.A const int = 1", "p.D.F method ()"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
