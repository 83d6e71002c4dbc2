package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
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
}

func newResults(rounds int) *results {
	return &results{
		Date: time.Now().UTC().Format("2006-01-02"), Go: runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH,
		CPU: report.CPUModel(), Cores: runtime.NumCPU(), Redis: redisVersion(), Versions: versions(), Rounds: rounds,
	}
}

// versions are those of the other clients.
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

func (r *results) write(name string) error {
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(text, '\n'), 0o644)
}

func readResults(name string) (*results, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	r := new(results)
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
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

func medianOf(sorted []float64) (m float64, ok bool) {
	n := len(sorted)
	if n == 0 {
		return 0, false
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2, true
}
