package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/figures"
)

// recipe is a scenario as the command line has it: a file, and flags that override it.
type recipe struct {
	options  []option
	texts    map[string][]string // of the flags given, by name
	ranges   bool                // a flag may have a range of values
	requests int64               // of a scenario without a length
	read     []sim.FileRead      // CSV files
	file     *scenarioFile       // that the flags complete and override; nil: there is none
}

// recipe defines the flags of a scenario.
//
// A scenario without a length has the given number of requests.
func (f *flags) recipe(ranges bool, requests int64) *recipe {
	f.defaults["seed"], f.defaults["requests"] = "0", figures.Count(uint64(requests))+" without -duration"
	r := &recipe{texts: map[string][]string{}, ranges: ranges, requests: requests}
	for _, g := range optionGroups() {
		f.group(g.title)
		for _, o := range g.options {
			r.options = append(r.options, o)
			f.add(o.name)
			f.set.Var(&optionFlag{r, o}, o.name, o.Usage)
		}
		f.groups[len(f.groups)-1].notes = g.notes
	}
	return r
}

// optionFlag keeps the text of a flag, until the file that it overrides has been read.
type optionFlag struct {
	recipe *recipe
	option option
}

func (f *optionFlag) String() string   { return "" }
func (f *optionFlag) IsBoolFlag() bool { return f.option.yes }

func (f *optionFlag) Set(text string) error {
	f.recipe.texts[f.option.name] = append(f.recipe.texts[f.option.name], text)
	return nil
}

// errUnset is for a command line without a workload.
var errUnset = errors.New("say what the load is: -rate, or -clients, or a scenario file")

// scenario reads the file, if one is named, and applies the flags. Flags with a range are
// left to the sweep.
func (r *recipe) scenario(p *process, files []string) (*sim.Scenario, error) {
	return r.over(new(sim.Scenario), p, files)
}

// over does the same, and begins with a scenario if no file is named.
func (r *recipe) over(sc *sim.Scenario, p *process, files []string) (*sim.Scenario, error) {
	if len(files) > 0 {
		var err error
		if r.file, sc, err = readDraft(p, files[0]); err != nil {
			return nil, err
		}
		r.read = r.file.read
	}
	if err := r.consistent(); err != nil {
		return nil, err
	}
	for _, o := range r.options {
		texts := r.texts[o.name]
		if len(texts) == 0 || r.ranges && o.swept(texts) {
			continue
		}
		text := texts[len(texts)-1]
		if o.Repeats {
			text = strings.Join(texts, ",")
		}
		if err := o.set(sc, text); err != nil {
			return nil, fmt.Errorf("-%s: %w", o.name, err)
		}
	}
	return sc, nil
}

// whole does the same, and finishes the scenario.
func (r *recipe) whole(sc *sim.Scenario, p *process, files []string) (*sim.Scenario, error) {
	sc, err := r.over(sc, p, files)
	if err != nil {
		return nil, err
	}
	return sc, r.finish(sc)
}

// consistent refuses flags that exclude one another.
func (r *recipe) consistent() error {
	var given []string
	for _, o := range r.options {
		if o.source() && len(r.texts[o.name]) > 0 {
			given = append(given, "-"+o.name)
		}
	}
	if len(given) > 1 {
		return fmt.Errorf("%s: there is %s too, and requests come from one source", given[1], given[0])
	}
	return nil
}

// finish gives a scenario of flags alone its length, reads what it names, and validates it. A
// file and flags together are a whole scenario.
func (r *recipe) finish(sc *sim.Scenario) error {
	if r.file == nil {
		if sc.Workload.Open == nil && sc.Workload.Closed == nil {
			return errUnset
		}
		if open := sc.Workload.Open; !r.hasLength() && (open == nil || open.TraceCSV == "") {
			sc.Requests = r.requests
		}
	}
	if err := r.waits(sc); err != nil {
		return err
	}
	read, err := sc.LoadFiles(directory("."))
	r.read = append(r.read, read...)
	if err == nil || r.file == nil {
		return r.named(err)
	}
	if own := r.file.own(err); own != err {
		return own
	}
	if named := r.named(err); named != err {
		return named
	}
	return fmt.Errorf("%s: %w", r.file.name, err)
}

// hasLength reports whether a flag sets the length, even to zero: then it is not for the command
// to choose one.
func (r *recipe) hasLength() bool {
	return len(r.texts["requests"]) > 0 || len(r.texts["duration"]) > 0
}

// waits refuses flags about waiting for a pool in which no request waits.
func (r *recipe) waits(sc *sim.Scenario) error {
	limited := sc.Pool.MaxActive > 0 || sc.Keys.MaxActive > 0 || len(r.texts["max-active"]) > 0 || len(r.texts["keys-max-active"]) > 0
	if sc.Pool.Wait && limited {
		return nil
	}
	for _, o := range r.options {
		if o.NeedsWait && len(r.texts[o.name]) > 0 {
			return fmt.Errorf("-%s: no request waits without -wait and -max-active", o.name)
		}
	}
	return nil
}

// named replaces the path of a field in an error by the flag that has set it.
func (r *recipe) named(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	for _, o := range r.options {
		rest, is := strings.CutPrefix(text, o.Path)
		if is && rest != "" && strings.Contains(":.[", rest[:1]) && len(r.texts[o.name]) > 0 {
			if rest, is := o.inList(rest, r.texts[o.name]); is {
				return errors.New(rest)
			}
			rest = strings.TrimLeft(rest, ":. ")
			for _, field := range []string{"empirical_csv: ", "constant: ", "exponential: "} {
				rest = strings.TrimPrefix(rest, field) // of the JSON form, which a flag does not have
			}
			return fmt.Errorf("-%s: %s", o.name, r.withFlags(o.Path, rest))
		}
	}
	// A field that was not set is lacking beside others. Without a file these are flags.
	for _, o := range r.options {
		if rest, is := strings.CutPrefix(text, o.Path+": "); is && r.file == nil {
			return fmt.Errorf("-%s: %s", o.name, r.withFlags(o.Path, rest))
		}
	}
	// Fields that belong together have no flag, but each of them has.
	if path, rest, is := strings.Cut(text, ": "); is {
		for _, o := range r.options {
			if strings.HasPrefix(o.Path, path+".") && len(r.texts[o.name]) > 0 {
				return fmt.Errorf("-%s: %s", o.name, r.withFlags(o.Path, rest))
			}
		}
	}
	return err
}

// lacking matches an error about a field that needs another one beside it.
var lacking = regexp.MustCompile(`is set, (\w+) is not$`)

// withFlags names the fields in an error by their flags: the one that a field needs beside
// it, and those with their whole path.
func (r *recipe) withFlags(path, text string) string {
	m := lacking.FindStringSubmatch(text)
	for _, o := range r.options {
		if m != nil && o.Path == path[:strings.LastIndexByte(path, '.')+1]+m[1] {
			return "it needs -" + o.name
		}
		if strings.HasSuffix(text, " "+o.Path) {
			text = strings.TrimSuffix(text, o.Path) + "-" + o.name
		}
	}
	return text
}
