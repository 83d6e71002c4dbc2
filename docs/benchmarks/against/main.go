// The program against measures a pool with every feature off, as it is in this working tree
// and as it was at an older commit: one goroutine, several, and callers that wait.
//
//	go run ./against -before COMMIT    # in docs/benchmarks
//
// A sample is a process of its own. The samples of both take turns within a round, in an
// order that is drawn anew, and are compared within it. So a machine whose speed drifts is the
// same to both. -before HEAD shows how much two equal programs differ.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

type options struct {
	before    string
	count     int
	benchtime time.Duration
	run       string
}

func main() {
	var o options
	flag.StringVar(&o.before, "before", "", "the `commit` to compare with")
	flag.IntVar(&o.count, "count", 20, "rounds; each has two samples of every case")
	flag.DurationVar(&o.benchtime, "benchtime", 200*time.Millisecond, "how long a sample runs, about")
	flag.StringVar(&o.run, "run", "", "a regular expression: only cases with such names")
	flag.Parse()
	if err := o.compare(); err != nil {
		fmt.Fprintln(os.Stderr, "against:", err)
		os.Exit(1)
	}
}

func (o *options) compare() error {
	pattern, err := regexp.Compile(o.run)
	switch {
	case err != nil:
		return fmt.Errorf("-run: %w", err)
	case o.before == "" || flag.NArg() > 0:
		return fmt.Errorf("name a commit: -before 1234abc")
	case o.count < 1 || o.benchtime <= 0:
		return fmt.Errorf("-count and -benchtime must be positive")
	}
	dir, err := os.MkdirTemp("", "against")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	before, after, err := buildBoth(dir, o.before)
	if err != nil {
		return err
	}
	names, err := output("", after)
	if err != nil {
		return err
	}
	var all []*figures
	for _, name := range strings.Fields(string(names)) {
		if pattern.MatchString(name) {
			all = append(all, &figures{name: name})
		}
	}
	for round := range o.count {
		for _, f := range all {
			if err := f.measure(before, after, o.benchtime); err != nil {
				return err
			}
		}
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, o.count)
	}
	fmt.Printf("%-18s %10s %10s   %-22s %s\n", "case", "before, ns", "after, ns", "after/before", "allocations")
	for _, f := range all {
		fmt.Println(f)
	}
	return nil
}

// buildBoth builds the cases with the pool at a commit and with that of the working tree.
func buildBoth(dir, commit string) (before, after string, err error) {
	top, err := output("", "git", "rev-parse", "--show-toplevel")
	if err != nil {
		return "", "", err
	}
	root := strings.TrimSpace(string(top))
	old, archive := filepath.Join(dir, "old"), filepath.Join(dir, "old.tar")
	if err := os.Mkdir(old, 0o755); err != nil {
		return "", "", err
	}
	if _, err := output(root, "git", "archive", "--output", archive, commit); err != nil {
		return "", "", err
	}
	if _, err := output(old, "tar", "-xf", archive); err != nil {
		return "", "", err
	}
	source := filepath.Join(root, "docs", "benchmarks", "against", "cases", "main.go")
	before, after = filepath.Join(dir, "before"), filepath.Join(dir, "after")
	if err := build(old, source, before); err != nil {
		return "", "", err
	}
	return before, after, build(root, source, after)
}

// build builds a program of one file as if it were a package of a module.
func build(root, source, program string) error {
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, "cases", "main.go"): source}})
	if err != nil {
		return err
	}
	if err := os.WriteFile(program+".json", overlay, 0o644); err != nil {
		return err
	}
	_, err = output(root, "go", "build", "-overlay", program+".json", "-o", program, "./cases")
	return err
}

// output runs a command in a folder and returns what it prints.
func output(dir, name string, args ...string) ([]byte, error) {
	c := exec.Command(name, args...)
	var messages bytes.Buffer
	c.Dir, c.Stderr = dir, &messages
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", strings.Join(c.Args, " "), err, messages.Bytes())
	}
	return out, nil
}

// figures are the samples of a case.
type figures struct {
	name                      string
	before, after             []float64 // nanoseconds
	ratios                    []float64 // within a round
	allocsBefore, allocsAfter float64
}

func (f *figures) measure(before, after string, benchtime time.Duration) error {
	var ns [2]float64
	for _, i := range rand.Perm(2) {
		out, err := output("", []string{before, after}[i], f.name, benchtime.String())
		if err != nil {
			return err
		}
		var s struct{ Ns, Allocs float64 }
		if err := json.Unmarshal(out, &s); err != nil {
			return err
		}
		ns[i] = s.Ns
		*[]*float64{&f.allocsBefore, &f.allocsAfter}[i] = s.Allocs
	}
	f.before, f.after = append(f.before, ns[0]), append(f.after, ns[1])
	f.ratios = append(f.ratios, ns[1]/ns[0])
	return nil
}

// String is a line of the table: medians, and the quartiles of the ratio.
func (f *figures) String() string {
	return fmt.Sprintf("%-18s %10.1f %10.1f   %.3f (%.3f to %.3f)   %.2f, %.2f", f.name, quantile(f.before, 0.5), quantile(f.after, 0.5),
		quantile(f.ratios, 0.5), quantile(f.ratios, 0.25), quantile(f.ratios, 0.75), f.allocsBefore, f.allocsAfter)
}

func quantile(all []float64, q float64) float64 {
	all = slices.Sorted(slices.Values(all))
	return all[int(q*float64(len(all)-1)+0.5)]
}
