package sim

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
)

// Parse reads a scenario from JSON, and validates it. What it refuses it names
// by its path, such as pool.max_active. Files that the scenario names are read by
// [Scenario.Load].
func Parse(data []byte) (*Scenario, error) {
	s := new(Scenario)
	if err := decode(reflect.ValueOf(s).Elem(), data, ""); err != nil {
		return nil, err
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	return s, nil
}

// ParseFile reads a scenario from a JSON file, and the files that it names from
// the same directory.
func ParseFile(path string) (*Scenario, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := s.Load(os.DirFS(filepath.Dir(path))); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}
