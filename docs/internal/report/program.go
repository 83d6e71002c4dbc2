package report

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
)

// Main runs a program as the command of that name. An error is printed as one line, and ends
// it with status 1.
func Main(name string, run func() error) {
	if err := run(); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

// Parse reads a command line without arguments. If the user asks for help, Parse prints it
// and returns [flag.ErrHelp].
func Parse(f *flag.FlagSet, args []string) error {
	var messages strings.Builder
	f.SetOutput(&messages)
	if err := f.Parse(args); err == flag.ErrHelp {
		fmt.Print(messages.String())
		return err
	} else if err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q; see -help", f.Arg(0))
	}
	return nil
}

// Write writes the results of a run into a file.
func Write(name string, results any) error {
	text, err := json.MarshalIndent(results, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(text, '\n'), 0o644)
}

// Read reads what Write has written. Its error names the file.
func Read(name string, results any) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, results); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// Median returns the median of some numbers; ok is false where there are none.
func Median(all []float64) (m float64, ok bool) {
	if len(all) == 0 {
		return 0, false
	}
	sorted := slices.Sorted(slices.Values(all))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2, true
}

// GoVersion is that of the toolchain, with the system that it has built for.
func GoVersion() string { return runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH }

// CPUModel is what the kernel calls the processor.
func CPUModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}
