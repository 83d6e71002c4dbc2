package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// exactMath is the functions of package math whose results IEEE 754 fixes, or
// that only look at bits. The others differ in their last digit between machines.
var exactMath = strings.Fields("Abs Ceil Copysign Float64bits Float64frombits Floor Frexp Inf IsInf IsNaN Ldexp Max Min Modf NaN Pow10 Round RoundToEven Signbit Sqrt Trunc")

// A compiler may fuse a multiplication with an addition, even across statements, unless
// the product is converted explicitly. Its output would then depend on the machine. Every
// product of the simulator is converted, divided, multiplied again or compared; each of
// these rounds it, or cannot be fused.
func TestNoProductIsFused(t *testing.T) {
	onOneGoroutine(t)
	for _, p := range listed(t) {
		info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}
		fset := token.NewFileSet()
		var files []*ast.File
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
		c := types.Config{Importer: importer.ForCompiler(fset, "gc", lookup(t))}
		if _, err := c.Check(p.ImportPath, fset, files, info); err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			for _, found := range inexact(info, f) {
				t.Errorf("%v: %s", fset.Position(found.at), found.why)
			}
		}
	}
}

// Each line with a comment is one that must be found.
func TestInexactIsFound(t *testing.T) {
	const text = `package p
import "math"
const k = 2.5 * 3
func f(x, y, z float64, n int) (float64, float64) {
	a := x*y + z // here
	a = z - (x*y) // here
	a += x * y // here
	a *= x // here
	b := x * y // here
	a = math.Log(b) // here
	a = -x*y + float64(x*y) // here
	a = float64(x*y) + z + k*2
	a = x * y / z + math.Sqrt(float64(x*y*z))
	n = n*n + n
	if x*y > z { return float64(x * y), a }
	return x * y, // here
		float64(n*n)
}`
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "p.go", text, 0)
	if err != nil {
		t.Fatal(err)
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}
	c := types.Config{Importer: importer.ForCompiler(fset, "gc", lookup(t))}
	if _, err := c.Check("p", fset, []*ast.File{f}, info); err != nil {
		t.Fatal(err)
	}
	var want, got []int
	for i, line := range strings.Split(text, "\n") {
		if strings.Contains(line, "// here") {
			want = append(want, i+1)
		}
	}
	for _, found := range inexact(info, f) {
		got = append(got, fset.Position(found.at).Line)
	}
	if !slices.Equal(got, want) {
		t.Errorf("found lines %v, want %v", got, want)
	}
}

type inexactness struct {
	at  token.Pos
	why string
}

// inexact lists what a machine may round in its own way.
func inexact(info *types.Info, f *ast.File) (all []inexactness) {
	var parents []ast.Node
	ast.Inspect(f, func(n ast.Node) bool {
		if n == nil {
			parents = parents[:len(parents)-1]
			return true
		}
		switch n := n.(type) {
		case *ast.BinaryExpr:
			if n.Op == token.MUL && floats(info, n) && !rounds(info, parents) {
				all = append(all, inexactness{n.Pos(), "a product that may be fused: convert it with float64"})
			}
		case *ast.AssignStmt:
			if n.Tok == token.MUL_ASSIGN && floats(info, n.Lhs[0]) {
				all = append(all, inexactness{n.Pos(), "a product that may be fused: write x = float64(x * y)"})
			}
		case *ast.Ident:
			if o, ok := info.Uses[n].(*types.Func); ok && o.Pkg() != nil && o.Pkg().Path() == "math" && !slices.Contains(exactMath, o.Name()) {
				all = append(all, inexactness{n.Pos(), "math." + o.Name() + " has other last digits on other machines"})
			}
		}
		parents = append(parents, n)
		return true
	})
	return all
}

// floats reports whether an expression is a float that is computed at run time.
func floats(info *types.Info, e ast.Expr) bool {
	t := info.Types[e]
	b, ok := t.Type.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsFloat != 0 && t.Value == nil
}

// rounds reports whether what stands around a product rounds it, or cannot be
// fused with it.
func rounds(info *types.Info, parents []ast.Node) bool {
	for _, n := range slices.Backward(parents) {
		switch n := n.(type) {
		case *ast.ParenExpr, *ast.UnaryExpr:
			continue
		case *ast.CallExpr:
			return info.Types[n.Fun].IsType()
		case *ast.BinaryExpr:
			return n.Op != token.ADD && n.Op != token.SUB
		}
		return false
	}
	return false
}

type listedPackage struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
}

func listed(t *testing.T) []listedPackage { return goList(t, "./...") }

// goList asks the go command, which compiles what it has not compiled yet.
func goList(t *testing.T, args ...string) (all []listedPackage) {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-export", "-json=ImportPath,Dir,Export,GoFiles"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p listedPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// lookup finds what the compiler has exported of a package.
func lookup(t *testing.T) importer.Lookup {
	exports := map[string]string{}
	for _, p := range goList(t, "-deps", "./...") {
		exports[p.ImportPath] = p.Export
	}
	return func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, fmt.Errorf("%s has no export data", path)
		}
		return os.Open(exports[path])
	}
}
