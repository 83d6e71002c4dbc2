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

// scenarioFile is a file with a scenario, which flags may complete.
type scenarioFile struct {
	name string
	text []byte
	read []sim.FileRead // the CSV files that it names
}

// readDraft reads a file, and the files that it names, from the same directory. The scenario is
// not validated.
func readDraft(p *process, name string) (f *scenarioFile, sc *sim.Scenario, err error) {
	f = &scenarioFile{name: name}
	beside := "."
	if name == "-" {
		f.name = "standard input"
		f.text, err = plain.Read(p.stdin, plain.Most)
	} else {
		f.text, err = plain.ReadFile(name, plain.Most)
		beside = filepath.Dir(name)
	}
	if err != nil {
		return nil, nil, notFile(f.name, err)
	}
	if sc, f.read, err = sim.ParseDraft(f.text, directory(beside)); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", f.name, err)
	}
	return f, sc, nil
}

// readScenario reads a file that is a whole scenario.
func readScenario(p *process, name string) (*sim.Scenario, error) {
	f, sc, err := readDraft(p, name)
	if err == nil {
		if err = sc.Validate(); err != nil {
			err = f.own(err)
		}
	}
	return sc, err
}

// own returns an error of the scenario with its place in the file, if the file has it by itself,
// whatever the flags.
func (f *scenarioFile) own(err error) error {
	if _, own := sim.Parse(f.text); own != nil && strings.HasPrefix(own.Error(), err.Error()) {
		return fmt.Errorf("%s: %w", f.name, own)
	}
	return err
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
