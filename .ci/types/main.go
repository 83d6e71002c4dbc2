// Command types checks the types of packages and of their tests, for the system that GOOS and GOARCH name, with the library of
// the Go that GOTOOLCHAIN names. It finds what a compiler complains of, and reads the declarations of what is imported from its
// source. So nothing is compiled: the library for another system or of another Go takes a minute of processor time.
//
// The language is that of the Go that has built the program. Each compiler holds it to the version in go.mod.
//
//	types ./policy ./resource
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: types package...")
		os.Exit(2)
	}
	n, err := check(".", os.Args[1:]...)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	library, err := exec.Command("go", "env", "GOVERSION").Output()
	if err != nil {
		fmt.Fprintln(os.Stderr, "go env:", err)
		os.Exit(1)
	}
	fmt.Printf("%s for %s: %d packages, with those of tests\n", strings.TrimSpace(string(library)), target(), n)
}

// listed is a package as go list shows it. A package that is built anew for a test is another one.
type listed struct {
	Dir, ImportPath, Name string
	GoFiles               []string
	ImportMap             map[string]string
	DepOnly               bool
}

// check checks the packages that patterns name in a folder. It returns how many these are.
func check(folder string, patterns ...string) (n int, err error) {
	list := exec.Command("go", append([]string{"list", "-deps", "-test", "-json=Dir,ImportPath,Name,GoFiles,ImportMap,DepOnly"}, patterns...)...)
	list.Dir, list.Stderr, list.Env = folder, os.Stderr, append(os.Environ(), "CGO_ENABLED=0")
	out, err := list.Output()
	if err != nil {
		return 0, fmt.Errorf("go list: %w", err)
	}
	c := checker{fset: token.NewFileSet(), known: map[string]*types.Package{"unsafe": types.Unsafe}}
	// Each package follows those that it imports.
	for packages := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		switch err := packages.Decode(&p); {
		case err == io.EOF && n == 0:
			return 0, errors.New("no package was checked")
		case err == io.EOF:
			return n, nil
		case err != nil:
			return n, err
		case p.ImportPath == "unsafe" || p.Name == "main" && strings.HasSuffix(p.ImportPath, ".test"): // the latter is generated
			continue
		}
		if err := c.check(p); err != nil {
			return n, fmt.Errorf("%s: %w", p.ImportPath, err)
		}
		if !p.DepOnly {
			n++
		}
	}
}

type checker struct {
	fset  *token.FileSet
	known map[string]*types.Package
}

func (c *checker) check(p listed) error {
	var files []*ast.File
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(c.fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, f)
	}
	config := types.Config{
		Importer:         mapped{c, p.ImportMap},
		IgnoreFuncBodies: p.DepOnly,
		Sizes:            types.SizesFor("gc", target().arch),
	}
	path, _, _ := strings.Cut(p.ImportPath, " ") // without the test that it is built for
	checked, err := config.Check(path, c.fset, files, nil)
	c.known[p.ImportPath] = checked
	return err
}

// mapped imports what one package imports.
type mapped struct {
	*checker
	names map[string]string
}

func (m mapped) Import(path string) (*types.Package, error) {
	if other, ok := m.names[path]; ok {
		path = other
	}
	if p, ok := m.known[path]; ok {
		return p, nil
	}
	return nil, fmt.Errorf("go list does not show %s", path)
}

type system struct{ os, arch string }

func (s system) String() string { return s.os + "/" + s.arch }

// target is the system that packages are checked for.
func target() system {
	s := system{runtime.GOOS, runtime.GOARCH}
	if os := os.Getenv("GOOS"); os != "" {
		s.os = os
	}
	if arch := os.Getenv("GOARCH"); arch != "" {
		s.arch = arch
	}
	return s
}
