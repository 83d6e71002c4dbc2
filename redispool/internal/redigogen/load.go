package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
)

const redigo = "github.com/gomodule/redigo/redis"

// source is redigo's package from the module cache.
type source struct {
	version string
	fset    *token.FileSet
	files   []*ast.File
}

// load asks the go command for the files, because only it knows which version go.mod selects and which files the build
// constraints include.
func load() (*source, error) {
	out, err := exec.Command("go", "list", "-json=Dir,GoFiles,Module", redigo).Output()
	if err != nil {
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			return nil, fmt.Errorf("go list %s: %w\n%s", redigo, err, exit.Stderr)
		}
		return nil, fmt.Errorf("go list %s: %w", redigo, err)
	}
	var listed struct {
		Dir     string
		GoFiles []string
		Module  struct{ Version string }
	}
	if err := json.Unmarshal(out, &listed); err != nil {
		return nil, fmt.Errorf("go list %s: %w", redigo, err)
	}
	if listed.Module.Version == "" {
		return nil, fmt.Errorf("%s has no module version to link to", redigo)
	}
	src := &source{version: listed.Module.Version, fset: token.NewFileSet()}
	for _, name := range listed.GoFiles {
		file, err := parser.ParseFile(src.fset, filepath.Join(listed.Dir, name), nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		src.files = append(src.files, file)
	}
	return src, nil
}
