package sim

import (
	"fmt"
	"io/fs"
	"reflect"

	"github.com/respool/respool/sim/internal/setting"
)

// Load reads the CSV files that the scenario names from the directory that it is
// in, and puts their contents in the place of their names: the scenario is
// complete then, and can be run, or written as JSON.
//
// The first column of a file counts. EmpiricalCSV has a time in each line,
// TraceCSV the instant of an arrival, in order. A value has its unit with it (3ms),
// or in the heading (latency_ms, "latency (ms)", latencyMs; s, ms, us, µs, ns and
// their long names); without either it is in seconds. An arrival can also be a point
// in time such as 2026-01-02T15:04:05.123Z, or a number of seconds, milliseconds,
// microseconds or nanoseconds since 1970, which its size tells apart: the run begins
// with the first.
//
// Between the fields of a line stand commas, semicolons or tabs; decimal commas are
// read. The first line may be a heading; rows without text, and those that begin with
// #, do not count. What cannot be right is refused: a negative value, text, values
// that are all 0, values with a unit among others without.
func (s *Scenario) Load(dir fs.FS) error {
	_, err := s.LoadFiles(dir)
	return err
}

// LoadFiles is [Scenario.Load], and says what it has understood of each file.
func (s *Scenario) LoadFiles(dir fs.FS) (all []FileRead, err error) {
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
	return all, s.Validate()
}

// loaded reports which file has not been read.
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
