package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/plain"
)

// readScenario reads a file, and the files that it names, from the same directory.
func readScenario(p *process, file string) (*sim.Scenario, []sim.FileRead, error) {
	var data []byte
	var err error
	beside := "."
	if file == "-" {
		file = "standard input"
		data, err = plain.Read(p.stdin, plain.Most)
	} else {
		data, err = plain.ReadFile(file, plain.Most)
		beside = filepath.Dir(file)
	}
	if err != nil {
		return nil, nil, notFile(file, err)
	}
	sc, err := sim.Parse(data)
	var read []sim.FileRead
	if err == nil {
		read, err = sc.LoadFiles(directory(beside))
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", file, err)
	}
	return sc, read, nil
}

// notFile improves the error about a file that does not exist: the name may be a mistyped
// flag.
func notFile(name string, err error) error {
	switch {
	case !errors.Is(err, fs.ErrNotExist):
		return err
	case unitWord(name):
		return fmt.Errorf("%q is not a scenario file; write the number and its unit without a space, such as -hold 3%s", name, name)
	case !strings.ContainsAny(name, "./\\"):
		return fmt.Errorf("%q is not a scenario file: %w; flags begin with a dash", name, err)
	}
	return err
}

// directory is the directory that file names are relative to. Unlike with [os.DirFS] a name
// may lead out of it, since the names are the user's own.
type directory string

func (d directory) Open(name string) (fs.File, error) {
	if !filepath.IsAbs(name) {
		name = filepath.Join(string(d), name)
	}
	return os.Open(name)
}
