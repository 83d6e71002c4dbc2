package sim

import (
	"fmt"
	"io/fs"
)

// Load reads the CSV files that the scenario names from the directory that it is
// in, and puts their contents in the place of their names: the scenario is
// complete then, and can be run, or written as JSON.
//
// The first column of a file counts. EmpiricalCSV has a time in each line: a
// duration such as 3ms, or a number of seconds. TraceCSV has the instant of an
// arrival in each line, in order: such a time since the run began, or a point in
// time such as 2026-01-02T15:04:05.123Z, from which the run begins with the
// first line. The first line may be a heading; empty lines, and those that begin
// with #, do not count.
func (s *Scenario) Load(dir fs.FS) error {
	for _, d := range s.dists() {
		if d.dist.EmpiricalCSV == "" {
			continue
		}
		samples, err := readColumn(dir, d.dist.EmpiricalCSV, false)
		if err != nil {
			return at(d.path+".empirical_csv", err)
		}
		d.dist.Empirical, d.dist.EmpiricalCSV = samples, ""
	}
	if o := s.Workload.Open; o != nil && o.TraceCSV != "" {
		trace, err := readColumn(dir, o.TraceCSV, true)
		if err != nil {
			return at("workload.open.trace_csv", err)
		}
		o.Trace, o.TraceCSV = trace, ""
	}
	return s.Validate()
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
func (s *Scenario) dists() []distAt {
	all := []distAt{
		{"workload.hold", &s.Workload.Hold}, {"workload.patience", &s.Workload.Patience},
		{"world.open_latency", &s.World.OpenLatency}, {"world.close_latency", &s.World.CloseLatency},
		{"world.test_latency", &s.World.TestLatency}, {"world.life", &s.World.Life},
		{"world.fail_latency", &s.World.FailLatency}, {"world.dead_latency", &s.World.DeadLatency},
	}
	if c := s.Workload.Closed; c != nil {
		all = append(all, distAt{"workload.closed.think", &c.Think})
	}
	return all
}
