package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/fit"
	"github.com/respool/respool/sim/internal/plain"
)

func fitCommand() *command {
	return &command{
		name: "fit", args: "[flags] FILE [EARLIER]", files: 2,
		summary: "make a scenario from a log, a CSV file, or a histogram",
		text: `
Reads latencies and arrivals, says what it has understood, and writes a scenario.

  poolsim fit access.log -out day.json
  poolsim fit requests.csv -time started -latency took_ms -out day.json
  poolsim fit service.jsonl -field http.took_ms -out day.json
  poolsim fit metrics.txt -over 24h -max-active 10 -out day.json
  poolsim fit later.json earlier.json -over 5m -out now.json
  poolsim run day.json -max-active 20 -wait

FILE is an access log (common or combined, with the time that a request took, or that
of HAProxy, Envoy or an AWS load balancer), a log with a JSON object or key=value
pairs in each line, the results of k6, vegeta, hey, JMeter or ab, a CSV file with a
heading, Prometheus' text with a histogram, or a pool's Stats as JSON. For the last
two, EARLIER is the same kind of file from an earlier time. A line that cannot be read
is an error with the line's number; -skip leaves such lines out, and lists them. Each
file may be packed with gzip. A CSV file may have semicolons or tabs between its
fields, and then also decimal commas.

In JSON the fields with the latency and the time are found by their names, such as
duration, latency_ms, responseTime and ts. The report says which they are.

The rate by time becomes random arrivals with one rate, phases, or bursts. The
latencies become an exponential, lognormal or gamma distribution if one is near
enough, and otherwise quantiles of the sample. The report shows the distance of
each. A distribution has the mean of the sample, since the load depends on it.

A request may hold a connection for only a part of its time. A log does not show
which part: give it with -share.
`,
		begin: func() (*flags, action) {
			f := newFitFlags()
			return f.flags, f.start
		},
	}
}

type fitFlags struct {
	flags     *flags
	kind      *string
	options   fit.Options
	as        *string
	dist      *string
	share     float64
	rate      float64
	hold      sim.Dist
	maxActive *int
	out       *string
	print     *bool
	output    *output
}

func newFitFlags() *fitFlags {
	f := newFlags("fit")
	c := &fitFlags{flags: f, share: 1}
	o := &c.options
	f.group("File")
	c.kind = f.text("kind", "", "what the file is, if its first line does not say so: a `KIND`, of "+strings.Join(fit.Kinds(), ", "))
	f.set.BoolVar(&o.Skip, "skip", false, "leave out lines that cannot be read")
	f.add("skip")
	for _, s := range []struct {
		to          *string
		name, usage string
	}{
		{&o.Unit, "unit", "`s|ms|us|ns`: of latencies that do not have one"},
		{&o.Field, "field", "the `NAME` of a log's field with the latency: rt, as in rt=0.003, or in JSON http.took_ms; without it, the last field, or that with a known name"},
		{&o.Time, "time", "the `COLUMN` with the instants of arrival, or the name of the field in JSON"},
		{&o.Latency, "latency", "the `COLUMN` with the latencies, or the name of the field in JSON"},
		{&o.Metric, "metric", "the `NAME` of the histogram"},
		{&o.Pool, "pool", "the `NAME` of the pool"},
	} {
		f.set.StringVar(s.to, s.name, "", s.usage)
		f.add(s.name)
	}
	over := f.length("over", 0, "the `time` in which a histogram or statistics were counted")
	f.checks = append(f.checks, func() error {
		o.Over = *over
		if o.Unit != "" && !slices.Contains([]string{"s", "ms", "us", "ns"}, o.Unit) {
			return fmt.Errorf("-unit: %q is not one of s, ms, us, ns", o.Unit)
		}
		return nil
	})
	c.scenarioFlags(f)
	f.group("Output")
	c.out = f.text("out", "", "write the scenario to this `FILE`")
	c.print = f.yes("print", false, "print the scenario as JSON, and nothing else")
	c.output = f.format()
	return c
}

func (c *fitFlags) scenarioFlags(f *flags) {
	f.group("Scenario")
	c.as = f.text("as", "auto", "`auto|poisson|phases|bursts|trace`: what the arrivals become")
	c.dist = f.text("dist", "auto", "`auto|exponential|lognormal|gamma|sample`: what the latencies become")
	f.add("share")
	f.set.Var(checked{"100%", func(text string) (err error) {
		if c.share, err = readLimit(true, text); err == nil && !(c.share > 0 && c.share <= 1) {
			err = fmt.Errorf("%s is not above 0 and at most 100%%", text)
		}
		return err
	}}, "share", "the `share` of a request's time for which it holds a connection")
	f.add("rate")
	f.set.Var(checked{"", func(text string) error { return put(&c.rate, text, readRate) }}, "rate", "`N` arrivals a second, if the file has none")
	f.add("hold")
	f.set.Var(checked{"", func(text string) error { return put(&c.hold, text, sim.ParseDist) }}, "hold", "how long a lease is held, if the file does not say so: a `DIST`")
	c.maxActive = f.number("max-active", 0, 0, "the pool's limit: a `number`; without it that of the statistics, or none")
}

func (c *fitFlags) start(p *process, files []string) error {
	if len(files) == 0 {
		return errors.New("name a file: a log, a CSV file, Prometheus' text, or a pool's statistics")
	}
	data, err := readInput(p, files[0])
	if err != nil {
		return err
	}
	var earlier []byte
	if len(files) > 1 {
		if earlier, err = readInput(p, files[1]); err != nil {
			return err
		}
	}
	r := &fitted{file: inputName(files[0]), kind: *c.kind, why: "-kind says so"}
	if r.kind == "" {
		r.kind, r.why = fit.KindOf(data)
	}
	if earlier != nil && r.kind != "prometheus" && r.kind != "stats" {
		return fmt.Errorf("%s: a second file is for Prometheus' text and for statistics, whose counts add up; this is a %s", files[1], r.kind)
	}
	if r.data, err = fit.Read(r.kind, data, earlier, &c.options); err != nil {
		return fmt.Errorf("%s: %w", r.file, err)
	}
	if err := c.describe(r); err != nil {
		return err
	}
	return c.write(p, r)
}

func readInput(p *process, file string) (data []byte, err error) {
	if file == "-" {
		data, err = plain.Read(p.stdin, fit.MostText)
	} else {
		data, err = plain.ReadFile(file, fit.MostText)
	}
	if err != nil {
		return nil, err
	}
	if data, err = fit.Text(data); err != nil {
		return nil, fmt.Errorf("%s: %w", inputName(file), err)
	}
	return data, nil
}

func inputName(file string) string {
	if file == "-" {
		return "standard input"
	}
	return file
}

// fitted is what a file has become.
type fitted struct {
	file, kind, why string
	data            *fit.Data
	load            *fit.Load // nil: the rate alone is known
	hold, open      []fit.Candidate
	assumed         []string
	scenario        *sim.Scenario
}

// describe makes the scenario.
func (c *fitFlags) describe(r *fitted) error {
	r.scenario = &sim.Scenario{Name: "fitted to " + r.file, Seed: 1}
	if err := c.load(r); err != nil {
		return err
	}
	w := &r.scenario.Workload
	switch {
	case !c.hold.IsZero() && r.data.Latency != nil:
		return errors.New("-hold: the file has latencies, too")
	case !c.hold.IsZero() && (c.share != 1 || *c.dist != "auto"):
		return errors.New("-hold: it says all of a lease's time, so -share and -dist have no meaning beside it")
	case !c.hold.IsZero():
		w.Hold = c.hold
	case r.data.Latency == nil:
		return errors.New("the file has no latencies: say with -hold how long a lease is held")
	default:
		s := *r.data.Latency
		s.Scale(c.share)
		r.hold = fit.Candidates(&s)
		chosen, err := choose(r.hold, *c.dist)
		if err != nil {
			return err
		}
		w.Hold = chosen.Dist
		if r.kind != "stats" {
			r.assumed = append(r.assumed, fmt.Sprintf("a request holds a connection for %s of its time (-share)", percent(c.share)))
		}
	}
	if r.data.Open != nil {
		r.open = fit.Candidates(r.data.Open)
		chosen, _ := choose(r.open, "auto")
		r.scenario.World.OpenLatency = chosen.Dist
	}
	pool := &r.scenario.Pool
	pool.MaxActive = r.data.MaxActive
	if *c.maxActive > 0 {
		pool.MaxActive = *c.maxActive
	}
	pool.Wait = pool.MaxActive > 0
	if pool.MaxActive == 0 {
		r.assumed = append(r.assumed, "the pool has no limit: the file does not say which (-max-active)")
	} else {
		r.assumed = append(r.assumed, "at the limit requests wait")
	}
	return r.scenario.Validate()
}

// load makes the arrivals.
func (c *fitFlags) load(r *fitted) error {
	w, d := &r.scenario.Workload, r.data
	if d.Arrivals != nil {
		if c.rate > 0 {
			return errors.New("-rate: the file has arrivals, too")
		}
		load, err := d.Arrivals.Describe(*c.as)
		if err != nil {
			return err
		}
		r.load, w.Open = load, load.Open
		if load.Kind != "trace" {
			r.scenario.Duration = load.Duration
		}
		return nil
	}
	rate := d.Rate
	if c.rate > 0 && c.options.Over > 0 {
		return errors.New("-rate: -over gives the rate, too")
	}
	if c.rate > 0 {
		rate = c.rate
	}
	if rate == 0 {
		return errors.New("the file has no arrivals: give -rate, or for a histogram -over, the time in which it was counted")
	}
	if *c.as != "auto" && *c.as != "poisson" {
		return fmt.Errorf("-as: the file has no arrivals one by one, so %s cannot be seen", *c.as)
	}
	w.Open = &sim.OpenLoop{Poisson: rate}
	r.scenario.Requests = runRequests
	r.assumed = append(r.assumed, "requests arrive at random, at one rate: without the arrivals bursts cannot be seen")
	return nil
}

// choose returns the candidate of a name, or the chosen one.
func choose(all []fit.Candidate, name string) (*fit.Candidate, error) {
	var names []string
	for i := range all {
		if name == "auto" && all[i].Chosen {
			return &all[i], nil
		}
		names = append(names, all[i].Name)
	}
	for i := range all {
		all[i].Chosen = all[i].Name == name
		if all[i].Chosen {
			all[i].Why = "-dist says so"
		}
	}
	if !slices.Contains(names, name) {
		return nil, fmt.Errorf("-dist: %q is not one of auto, %s", name, strings.Join(names, ", "))
	}
	return &all[slices.Index(names, name)], nil
}

func (c *fitFlags) write(p *process, r *fitted) error {
	if *c.out != "" {
		f, err := os.Create(*c.out)
		if err != nil {
			return fmt.Errorf("-out: %w", err)
		}
		err = (&process{stdout: f}).printJSON(r.scenario)
		if err := errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("-out: %w", err)
		}
	}
	if *c.print {
		return p.printJSON(r.scenario)
	}
	if c.output.json() {
		return p.printJSON(r.json())
	}
	_, err := p.stdout.Write(r.text(*c.out, p.width()))
	return err
}
