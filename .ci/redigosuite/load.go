package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"strings"
)

// source is redigo's package with both kinds of its test files, type-checked together. The files' imports are not looked
// up, because only declarations inside the package matter.
type source struct {
	fset  *token.FileSet
	tests []testFile
	info  types.Info
	redis *types.Package
}

type testFile struct {
	*ast.File
	name     string
	text     []byte
	external bool // of package redis_test, not redis
}

func load(dir string) (*source, error) {
	s := &source{fset: token.NewFileSet()}
	s.info = types.Info{Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	var internal, external []*ast.File
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(s.fset, name, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		outside := strings.HasSuffix(file.Name.Name, "_test")
		if outside {
			external = append(external, file)
		} else {
			internal = append(internal, file)
		}
		if strings.HasSuffix(name, "_test.go") {
			s.tests = append(s.tests, testFile{file, filepath.Base(name), text, outside})
		}
	}
	// Errors are expected, because the imports are missing. If a name was not resolved that should have been, the compiler
	// finds it in the suite.
	conf := types.Config{Importer: onlyRedis{s}, Error: func(error) {}}
	s.redis, _ = conf.Check(redigoPath, s.fset, internal, &s.info)
	conf.Check(redigoPath+"_test", s.fset, external, &s.info)
	return s, nil
}

type onlyRedis struct{ *source }

func (o onlyRedis) Import(path string) (*types.Package, error) {
	if path == redigoPath && o.redis != nil {
		return o.redis, nil
	}
	return nil, fmt.Errorf("%s is not looked up", path)
}

// ofLibrary reports whether obj is declared at package level in a file of redigo that is not a test file.
func (s *source) ofLibrary(obj types.Object) bool {
	return obj.Parent() == s.redis.Scope() && !strings.HasSuffix(s.fset.Position(obj.Pos()).Filename, "_test.go")
}

// helper reports whether obj is declared at package level in a test file of redigo's own package. Only redigo's own tests
// can use such a name through the import of the package.
func (s *source) helper(obj types.Object) bool {
	return obj.Parent() == s.redis.Scope() && strings.HasSuffix(s.fset.Position(obj.Pos()).Filename, "_test.go")
}
