package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/respool/respool/sim/internal/picture"
)

// output is the flags for what a command prints.
type output struct {
	format *string
	timing *bool
}

// output defines them, in the present group, for a command in virtual time.
func (f *flags) output() *output {
	o := f.format()
	f.add("timing")
	f.set.BoolVar(o.timing, "timing", true, "with -format json: add figures of real time, under \"run\"; they differ from run to run")
	return o
}

// format is output for a command in real time.
func (f *flags) format() *output {
	o := &output{format: f.text("format", "text", "`text|json`; times in JSON are in seconds"), timing: new(bool)}
	f.checks = append(f.checks, o.validate)
	return o
}

func (o *output) validate() error {
	if *o.format != "text" && *o.format != "json" {
		return fmt.Errorf("-format: %q is neither text nor json", *o.format)
	}
	return nil
}

func (o *output) json() bool { return *o.format == "json" }

// realTime is how long a run took. It is not a part of the run's result.
type realTime struct {
	WallSeconds     float64 `json:"wall_seconds"`
	EventsPerSecond float64 `json:"events_per_second,omitempty"`
}

func (o *output) took(begin time.Time, events uint64) *realTime {
	if !*o.timing {
		return nil
	}
	s := time.Since(begin).Seconds()
	return &realTime{s, float64(events) / max(s, 1e-9)}
}

func (p *process) printJSON(v any) error {
	e := json.NewEncoder(p.stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// drawing is the flag that names the file for a picture.
type drawing struct{ file *string }

func (f *flags) drawing(usage string) drawing { return drawing{f.text("svg", "", usage)} }

// possible returns an error if the file cannot be written. It is called before the work
// begins.
func (d drawing) possible() error {
	if *d.file == "" {
		return nil
	}
	_, err := os.Stat(*d.file)
	had := err == nil
	f, err := os.OpenFile(*d.file, os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		err = f.Close()
	}
	if err == nil && !had {
		err = os.Remove(*d.file) // an interrupted run leaves no empty file
	}
	if err != nil {
		return fmt.Errorf("-svg: %w", err)
	}
	return nil
}

func (d drawing) draw(make func() *picture.Picture) error {
	if *d.file == "" {
		return nil
	}
	if err := os.WriteFile(*d.file, make().SVG(), 0o644); err != nil {
		return fmt.Errorf("-svg: %w", err)
	}
	return nil
}
