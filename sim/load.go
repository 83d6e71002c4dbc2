package sim

import (
	"fmt"
	"io/fs"
	"reflect"

	"github.com/respool/respool/sim/internal/setting"
)

// Load reads the CSV files that the scenario names from a directory, and replaces their
// names by their contents. The scenario is then complete: it can be run, or written as
// JSON.
//
// Load reads the first column of a file. EmpiricalCSV has a duration in each line, and
// TraceCSV has the instants of arrivals, in order. The unit stands with each value (3ms)
// or in the heading: latency_ms, "latency (ms)" or latencyMs, with s, ms, us, µs, ns or
// their long names. Without a unit values are in seconds. An arrival can also be a point
// in time such as 2026-01-02T15:04:05.123Z, or a number of seconds, milliseconds,
// microseconds or nanoseconds since 1970; Load distinguishes these by their size. The run
// then begins at the first arrival.
//
// Fields are separated by commas, semicolons or tabs, and may have decimal commas. The
// first line may be a heading. Empty rows and rows that begin with # are left out. Load
// refuses values that cannot be right: negative ones, text, only zeros, or some values
// with a unit and others without.
func (s *Scenario) Load(dir fs.FS) error {
	_, err := s.LoadFiles(dir)
	return err
}

// LoadFiles is [Scenario.Load], and also returns how each file was read. Its errors are those
// of Load.
func (s *Scenario) LoadFiles(dir fs.FS) (all []FileRead, err error) {
	if all, err = s.readFiles(dir); err != nil {
		return nil, err
	}
	return all, s.Validate()
}

// readFiles is LoadFiles of a scenario that need not be valid.
func (s *Scenario) readFiles(dir fs.FS) (all []FileRead, err error) {
	for _, d := range s.dists() {
		if d.dist.EmpiricalCSV == "" {
			continue
		}
		samples, read, err := readCSVValues(dir, d.dist.EmpiricalCSV, false)
		if err != nil {
			return nil, at(d.path+".empirical_csv", err)
		}
		read.Field = d.path
		all = append(all, *read)
		d.dist.Empirical, d.dist.EmpiricalCSV = samples, ""
	}
	if o := s.Workload.Open; o != nil && o.TraceCSV != "" {
		trace, read, err := readCSVValues(dir, o.TraceCSV, true)
		if err != nil {
			return nil, at("workload.open.trace_csv", err)
		}
		read.Field = "workload.open"
		all = append(all, *read)
		o.Trace, o.TraceCSV = trace, ""
	}
	return all, nil
}

// loaded returns an error about a file that has not been read.
func (s *Scenario) loaded() error {
	notRead := func(path, name string) error {
		return fmt.Errorf("%s: %s has not been read, see Scenario.Load", path, name)
	}
	for _, d := range s.dists() {
		if name := d.dist.EmpiricalCSV; name != "" {
			return notRead(d.path+".empirical_csv", name)
		}
	}
	if o := s.Workload.Open; o != nil && o.TraceCSV != "" {
		return notRead("workload.open.trace_csv", o.TraceCSV)
	}
	return nil
}

type distAt struct {
	path string
	dist *Dist
}

// dists returns the scenario's distributions with their paths.
func (s *Scenario) dists() (all []distAt) {
	for _, f := range setting.All() {
		if f.Rule != setting.Dist {
			continue
		}
		_, _ = f.Each(s, func(v reflect.Value) error {
			all = append(all, distAt{f.Path, v.Addr().Interface().(*Dist)})
			return nil
		})
	}
	return all
}
