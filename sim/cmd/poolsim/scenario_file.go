package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/respool/respool/sim"
)

// readScenario reads a file, and those that it names: they stand beside it.
func readScenario(p *process, file string) (*sim.Scenario, error) {
	var data []byte
	var err error
	beside := "."
	if file == "-" {
		file = "standard input"
		data, err = io.ReadAll(p.stdin)
	} else {
		data, err = os.ReadFile(file)
		beside = filepath.Dir(file)
	}
	if err != nil {
		return nil, err
	}
	sc, err := sim.Parse(data)
	if err == nil {
		err = sc.Load(directory(beside))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return sc, nil
}

// directory is where file names begin. Unlike [os.DirFS] it can be left: the
// names are the user's own.
type directory string

func (d directory) Open(name string) (fs.File, error) {
	if !filepath.IsAbs(name) {
		name = filepath.Join(string(d), name)
	}
	return os.Open(name)
}
