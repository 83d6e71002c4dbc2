package sim

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"

	"github.com/respool/respool/sim/internal/plain"
)

// Parse reads a scenario from JSON, and validates it. What it refuses it names
// by its path, such as pool.max_active. Files that the scenario names are read by
// [Scenario.Load].
//
// The text is UTF-8, and a byte order mark before it does not count. A
// distribution can stand there in the short form of poolsim's flags, such as
// "3ms" or "exp:3ms" (see [ParseDist]). An error ends with the line and column of
// what it is about.
func Parse(data []byte) (*Scenario, error) {
	data, err := plain.Text(data)
	if err != nil {
		return nil, at("", err)
	}
	if err := wellFormed(data); err != nil {
		return nil, err
	}
	s := new(Scenario)
	d := decoder{text: data, offsets: map[string]int{}}
	lead := len(data) - len(bytes.TrimLeft(data, " \t\r\n"))
	if err := d.decode(reflect.ValueOf(s).Elem(), bytes.TrimSpace(data), "", lead); err != nil {
		return nil, d.withPosition(err)
	}
	if err := s.Validate(); err != nil {
		return nil, d.withPosition(err)
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
