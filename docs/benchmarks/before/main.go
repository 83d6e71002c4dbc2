// The program before measures what a cycle of acquire and release costs in this tree, beside
// what it cost in an older commit, in one run. It shows whether features that are off cost
// anything.
//
//	go run ./before                  # in docs/benchmarks: 20 rounds, some ten minutes
//	go run ./before -rounds 3 -time 100ms -bench Reuse
//	go run ./before -commit HEAD~10
//
// The same benchmarks, those of testdata, are built with the older commit and with the tree.
// In each round both run, in another order, so a machine whose speed drifts is the same to
// both. In the end benchstat compares them.
package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/respool/respool/docs/internal/report"
)

// beforeFeatures is the last commit that had none of these: held opens, suspects, Retire,
// tests of idle resources, bounded closes, Keyed, Sentinel, Cluster, Share, urgent callers,
// shedding, observers, histograms.
const beforeFeatures = "8c19ec842a74e8f2a38b1f6a9f2355da9aa385f9"

var (
	//go:embed testdata/resource_test.go
	resourceBenchmarks []byte
	//go:embed testdata/redispool_test.go
	redispoolBenchmarks []byte
)

// suites are the packages with benchmarks, and the benchmarks.
var suites = []struct {
	folder string
	text   []byte
}{{"resource", resourceBenchmarks}, {"redispool", redispoolBenchmarks}}

type options struct {
	rounds int
	time   time.Duration
	bench  string
	commit string
	keep   string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	report.Main("before", func() error {
		o, err := parse(os.Args[1:])
		if err != nil {
			return err
		}
		return o.do(ctx)
	})
}

func parse(args []string) (*options, error) {
	o := new(options)
	f := flag.NewFlagSet("before", flag.ContinueOnError)
	f.IntVar(&o.rounds, "rounds", 20, "how often each benchmark runs, with each of the two")
	f.DurationVar(&o.time, "time", 300*time.Millisecond, "how long a benchmark runs")
	f.StringVar(&o.bench, "bench", ".", "a regular expression: only benchmarks with such names")
	f.StringVar(&o.commit, "commit", beforeFeatures, "the older commit")
	f.StringVar(&o.keep, "keep", "", "a folder for what the benchmarks print, before.txt and after.txt")
	if err := report.Parse(f, args); err != nil {
		return nil, err
	}
	switch _, err := regexp.Compile(o.bench); {
	case o.rounds < 1:
		return nil, fmt.Errorf("-rounds is %d, must be at least 1", o.rounds)
	case o.time <= 0:
		return nil, fmt.Errorf("-time is %v, must be more than 0", o.time)
	case err != nil:
		return nil, fmt.Errorf("-bench: %w", err)
	}
	return o, nil
}

// side is one of the two that are compared.
type side struct {
	name     string
	root     string   // of the module
	programs []string // the benchmarks, built
	out      *os.File // what they print
}

func (o *options) do(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "before-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	root, err := output(ctx, ".", "git", "rev-parse", "--show-toplevel")
	if err != nil {
		return err
	}
	old := filepath.Join(dir, "old")
	if err := export(ctx, root, o.commit, old); err != nil {
		return err
	}
	results := dir
	if o.keep != "" {
		results = o.keep
		if err := os.MkdirAll(results, 0o755); err != nil {
			return err
		}
	}
	both := []*side{{name: "before", root: old}, {name: "after", root: root}}
	for _, s := range both {
		if err := s.build(ctx, filepath.Join(dir, s.name)); err != nil {
			return err
		}
		if s.out, err = os.Create(filepath.Join(results, s.name+".txt")); err != nil {
			return err
		}
		defer s.out.Close()
	}
	for round := range o.rounds {
		rand.Shuffle(len(both), func(i, j int) { both[i], both[j] = both[j], both[i] })
		for i := range suites {
			for _, s := range both {
				if err := s.run(ctx, o, i); err != nil {
					return err
				}
			}
		}
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, o.rounds)
	}
	return compare(ctx, results)
}

// export writes a commit's files into a folder.
func export(ctx context.Context, root, commit, to string) error {
	if _, err := output(ctx, root, "git", "cat-file", "-e", commit+"^{commit}"); err != nil {
		return fmt.Errorf("commit %s is not in this clone; git fetch --unshallow gets the whole history: %w", commit, err)
	}
	if err := os.Mkdir(to, 0o755); err != nil {
		return err
	}
	archive := to + ".tar"
	if _, err := output(ctx, root, "git", "archive", "--format=tar", "-o", archive, commit); err != nil {
		return err
	}
	_, err := output(ctx, to, "tar", "-xf", archive)
	return err
}

// build builds the benchmarks with the side's code. The packages' own tests are left out.
func (s *side) build(ctx context.Context, to string) error {
	if err := os.Mkdir(to, 0o755); err != nil {
		return err
	}
	for _, suite := range suites {
		folder := filepath.Join(s.root, suite.folder)
		own, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
		if err != nil {
			return err
		}
		replace := map[string]string{}
		for _, name := range own {
			replace[name] = ""
		}
		file := filepath.Join(to, suite.folder+"_test.go")
		replace[filepath.Join(folder, "cycle_test.go")] = file
		overlay, err := json.Marshal(map[string]any{"Replace": replace})
		if err != nil {
			return err
		}
		list := filepath.Join(to, suite.folder+".json")
		program := filepath.Join(to, suite.folder+".test")
		if err := errors.Join(os.WriteFile(file, suite.text, 0o644), os.WriteFile(list, overlay, 0o644)); err != nil {
			return err
		}
		if _, err := output(ctx, folder, "go", "test", "-c", "-vet=off", "-overlay", list, "-o", program, "."); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		s.programs = append(s.programs, program)
	}
	return nil
}

// run runs each benchmark of a suite once, and keeps what it prints.
func (s *side) run(ctx context.Context, o *options, suite int) error {
	out, err := output(ctx, ".", s.programs[suite], "-test.run", "^$", "-test.bench", o.bench, "-test.benchtime", o.time.String())
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	_, err = fmt.Fprintln(s.out, out)
	return err
}

// compare prints the ratios.
func compare(ctx context.Context, dir string) error {
	command := []string{"benchstat"}
	if _, err := exec.LookPath(command[0]); err != nil {
		command = []string{"go", "run", "golang.org/x/perf/cmd/benchstat@latest"}
	}
	out, err := output(ctx, dir, append(command, "before.txt", "after.txt")...)
	if err != nil {
		return err
	}
	fmt.Println(out)
	return nil
}

// output runs a command in a folder, and returns what it prints.
func output(ctx context.Context, dir string, command ...string) (string, error) {
	c := exec.CommandContext(ctx, command[0], command[1:]...)
	c.Dir = dir
	var bad strings.Builder
	c.Stderr = &bad
	out, err := c.Output()
	if err != nil {
		return "", errors.Join(ctx.Err(), fmt.Errorf("%s: %w\n%s", strings.Join(command, " "), err, bad.String()))
	}
	return strings.TrimSpace(string(out)), nil
}
