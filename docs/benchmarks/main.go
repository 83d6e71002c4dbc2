// The program benchmarks measures the pools of this module, other pools, and limits that no
// pool can beat, in one run.
//
//	go run . -count 10    # in this directory: everything, and the page is written
//	go run . -quick -run serial
//	go run . -run watched -add "why"    # a part is measured again, and stands beside the whole run
//
// Every sample is a process of its own, which runs one case for a short time and prints
// one line. The samples of all cases take turns, in rounds, each in another order, so
// that a drift of the machine's speed affects all alike. Contenders are compared only
// within a round.
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"time"

	"github.com/respool/respool/docs/internal/report"
)

type options struct {
	count     int
	pattern   string
	benchtime time.Duration
	quick     bool
	list      bool
	json      string
	page      string
	from      string
	add       string

	run *regexp.Regexp
}

func main() {
	report.Main("benchmarks", func() error {
		if name := os.Getenv(sampleEnv); name != "" {
			return takeSample(name)
		}
		o, err := parse(os.Args[1:])
		if err != nil {
			return err
		}
		return o.do()
	})
}

func parse(args []string) (*options, error) {
	o := new(options)
	f := flag.NewFlagSet("benchmarks", flag.ContinueOnError)
	f.IntVar(&o.count, "count", 10, "rounds; each has one sample of every case")
	f.StringVar(&o.pattern, "run", "", "a regular expression: only cases with such names, and nothing is written")
	f.DurationVar(&o.benchtime, "benchtime", 60*time.Millisecond, "how long a sample runs, about")
	f.BoolVar(&o.quick, "quick", false, "one round with one cycle in each sample, to see that all cases work; nothing is written")
	f.BoolVar(&o.list, "list", false, "print the names of the cases")
	f.StringVar(&o.json, "json", "results.json", "where the results go")
	f.StringVar(&o.page, "page", "index.md", "the page in which they are shown")
	f.StringVar(&o.from, "from", "", "measure nothing, show the results in this file")
	f.StringVar(&o.add, "add", "", "with -run: show the results on the page as a later run, taken under these `conditions`. Samples are kept although other processes disturb them, so only ratios mean something")
	if err := report.Parse(f, args); err != nil {
		return nil, err
	}
	if o.count < 1 {
		return nil, fmt.Errorf("-count is %d, must be at least 1", o.count)
	}
	if o.add != "" && (o.pattern == "" || o.quick || o.from != "") {
		return nil, fmt.Errorf("-add needs -run, and neither -quick nor -from")
	}
	if o.benchtime <= 0 {
		return nil, fmt.Errorf("-benchtime is %v, must be positive", o.benchtime)
	}
	var err error
	if o.run, err = regexp.Compile(o.pattern); err != nil {
		return nil, fmt.Errorf("-run: %w", err)
	}
	return o, nil
}

func (o *options) do() error {
	if o.list {
		for _, c := range allCases() {
			fmt.Println(c.name())
		}
		return nil
	}
	if o.from != "" {
		r, err := readResults(o.from)
		if err != nil {
			return err
		}
		return o.show(r)
	}
	r, err := o.measure()
	if err != nil {
		return err
	}
	if o.add != "" {
		fmt.Println(r.text())
		return o.addLater(r)
	}
	if !o.quick && o.pattern == "" {
		if err := report.Write(o.json, r); err != nil {
			return err
		}
	}
	return o.show(r)
}

// show prints the tables and, of a whole run, writes them into the page.
func (o *options) show(r *results) error {
	fmt.Println(r.text())
	if o.quick || o.pattern != "" {
		return nil
	}
	return writePage(o.page, r)
}

func (o *options) cases() ([]benchCase, error) {
	var cases []benchCase
	for _, c := range allCases() {
		if o.run.MatchString(c.name()) {
			cases = append(cases, c)
		}
	}
	if len(cases) == 0 {
		return nil, fmt.Errorf("-run: no case is named like %q; see -list", o.pattern)
	}
	return cases, nil
}
