package main

import (
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/respool/respool/docs/internal/report"
)

// results is a whole run, as it is kept.
type results struct {
	Date     string            `json:"date"`
	Go       string            `json:"go"`
	CPU      string            `json:"cpu"`
	Cores    int               `json:"cores"`
	Redis    string            `json:"redis"`
	Versions map[string]string `json:"versions"`
	Rounds   int               `json:"rounds"`
	Cases    []*outcome        `json:"cases"` // in the order of scenarios
}

// outcome is the samples of a contender in a scenario.
type outcome struct {
	Scenario  string     `json:"scenario"`
	Contender string     `json:"contender"`
	Samples   []*figures `json:"samples"`

	// Date and Rounds are those of a later run of this scenario alone.
	Date   string `json:"date,omitempty"`
	Rounds int    `json:"rounds,omitempty"`
}

func newResults(rounds int) *results {
	return &results{
		Date: time.Now().UTC().Format("2006-01-02"), Go: report.GoVersion(),
		CPU: report.CPUModel(), Cores: runtime.NumCPU(), Redis: redisVersion(), Versions: versions(), Rounds: rounds,
	}
}

// versions are the versions of the other clients.
func versions() map[string]string {
	all := map[string]string{}
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return all
	}
	names := map[string]string{
		"github.com/gomodule/redigo": "redigo", "github.com/redis/go-redis/v9": "go-redis", "github.com/redis/rueidis": "rueidis",
	}
	for _, m := range build.Deps {
		if name := names[m.Path]; name != "" {
			all[name] = m.Version
		}
	}
	return all
}

func redisVersion() string {
	out, err := exec.Command("redis-server", "--version").Output()
	if err != nil {
		return ""
	}
	found := regexp.MustCompile(`v=([0-9.]+)`).FindSubmatch(out)
	if found == nil {
		return ""
	}
	return string(found[1])
}

func (r *results) find(scenario, contender string) *outcome {
	for _, o := range r.Cases {
		if o.Scenario == scenario && o.Contender == contender {
			return o
		}
	}
	return nil
}

func (r *results) add(scenario, contender string, f *figures) {
	if o := r.find(scenario, contender); f != nil {
		o.Samples = append(o.Samples, f)
	}
}

// missing returns an error that names the samples that could not be taken.
func (r *results) missing() error {
	var names []string
	for _, o := range r.Cases {
		rounds := r.Rounds
		if o.Rounds > 0 {
			rounds = o.Rounds
		}
		if n := rounds - len(o.Samples); n > 0 {
			names = append(names, fmt.Sprintf("%s of %s (%d)", o.Scenario, o.Contender, n))
		}
	}
	if len(names) == 0 {
		return nil
	}
	return errors.New("samples are missing, each failed twice: " + strings.Join(names, ", ") + "; run these scenarios again with -update")
}

// replace takes over the scenarios of a later run. The others stay, so both runs must be of
// one machine and of the same versions.
func (r *results) replace(later *results) error {
	if r.CPU != later.CPU || r.Cores != later.Cores || r.Go != later.Go || r.Redis != later.Redis || !maps.Equal(r.Versions, later.Versions) {
		return fmt.Errorf("the results of %s are of another machine or of other versions: measure everything, with go run .", r.Date)
	}
	var all []*outcome
	for _, s := range scenarios() {
		from := r
		if later.has(s.name) {
			from = later
		}
		for _, o := range from.Cases {
			if o.Scenario != s.name {
				continue
			}
			if from == later {
				o.Date, o.Rounds = later.Date, later.Rounds
			}
			all = append(all, o)
		}
	}
	r.Cases = all
	return nil
}

func (r *results) has(scenario string) bool {
	return slices.ContainsFunc(r.Cases, func(o *outcome) bool { return o.Scenario == scenario })
}

// again says which scenarios were measured later than the rest.
func (r *results) again() string {
	var all []string
	for i, o := range r.Cases {
		if o.Date != "" && (i == 0 || r.Cases[i-1].Scenario != o.Scenario) {
			all = append(all, fmt.Sprintf("`%s` (%s, rounds: %d)", o.Scenario, o.Date, o.Rounds))
		}
	}
	if len(all) == 0 {
		return ""
	}
	return " Measured again since: " + strings.Join(all, ", ") + "."
}

func readResults(name string) (*results, error) {
	r := new(results)
	return r, report.Read(name, r)
}

// figure is one of a sample's numbers.
type figure func(*figures) float64

// all returns a figure of all samples, in rising order.
func (o *outcome) all(f figure) (all []float64) {
	if o == nil {
		return nil
	}
	for _, s := range o.Samples {
		all = append(all, f(s))
	}
	slices.Sort(all)
	return all
}
