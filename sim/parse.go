package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"

	"github.com/respool/respool/sim/internal/plain"
)

// Parse reads a scenario from JSON, and validates it. An error names a field by its path,
// such as pool.max_active, and ends with its line and column. Parse does not read the
// files that the scenario names: [Scenario.Load] does.
//
// The text is UTF-8, with or without a byte order mark. A distribution can have the
// short form of poolsim's flags, such as "3ms" or "exp:3ms": see [ParseDist].
func Parse(data []byte) (*Scenario, error) {
	s, d, err := decoded(data)
	if err != nil {
		return nil, err
	}
	if err := s.Validate(); err != nil {
		return nil, d.withPosition(err)
	}
	return s, nil
}

// ParseDraft reads a scenario as [Parse] does, and the files that it names as
// [Scenario.LoadFiles] does. It does not validate the scenario, so the text may leave out what
// the program sets then, such as a length. [Run] validates it.
func ParseDraft(data []byte, dir fs.FS) (*Scenario, []FileRead, error) {
	s, d, err := decoded(data)
	if err != nil {
		return nil, nil, err
	}
	read, err := s.readFiles(dir)
	if err != nil {
		return nil, nil, d.withPosition(err)
	}
	return s, read, nil
}

// decoded reads a scenario that need not be valid.
func decoded(data []byte) (*Scenario, *decoder, error) {
	data, err := plain.Text(data)
	if err != nil {
		return nil, nil, at("", err)
	}
	if err := wellFormed(data); err != nil {
		return nil, nil, err
	}
	if isReport(data) {
		return nil, nil, at("", errors.New("it is a report, as poolsim run -format json prints it, and no scenario"))
	}
	s := new(Scenario)
	d := &decoder{text: data, offsets: map[string]int{}}
	lead := len(data) - len(bytes.TrimLeft(data, " \t\r\n"))
	if err := d.decode(reflect.ValueOf(s).Elem(), bytes.TrimSpace(data), "", lead); err != nil {
		return nil, nil, d.withPosition(err)
	}
	return s, d, nil
}

// isReport reports whether a JSON text is a [Report]. A report and a scenario both have a
// duration, in different forms, so an error about that field would mislead.
func isReport(data []byte) bool {
	var r struct{ Outcomes, Wait map[string]any }
	return json.Unmarshal(data, &r) == nil && r.Outcomes != nil && r.Wait != nil
}

// ParseFile reads a scenario from a JSON file, and the files that it names from the same
// directory. Its errors are those of Parse and of [Scenario.Load], and name the file.
func ParseFile(path string) (*Scenario, error) {
	data, err := plain.ReadFile(path, plain.Most)
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
