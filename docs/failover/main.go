// The program failover measures what callers see while Redis servers fail over: with the
// pool of this module, and with other clients, in one run. It starts real servers on the
// loopback interface, and ends them.
//
//	go run .                                     # in this directory: everything, and the page is written
//	go run . -quick -scenario cluster            # some scenarios in a short form
//	go run . -contender 'respool|rueidis' -rounds 1
//	go run . -scenario '^down$' -update          # one scenario anew, in results.json and in the page
//
// Every sample is a process of its own with servers of its own: one contender in one
// scenario. Within a scenario the contenders take turns, in each round in another order.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strings"
	"syscall"

	"github.com/respool/respool/docs/internal/report"
)

type options struct {
	rounds     int
	scenarios  *regexp.Regexp
	contenders *regexp.Regexp
	quick      bool
	update     bool
	list       bool
	json       string
	page       string
	from       string
}

func main() {
	report.Main("failover", func() error {
		if order := os.Getenv(sampleEnv); order != "" {
			return takeSample(order)
		}
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		o, err := parse(os.Args[1:])
		if err != nil {
			return err
		}
		return o.do(ctx)
	})
}

func parse(args []string) (*options, error) {
	o := new(options)
	f := flag.NewFlagSet("failover", flag.ContinueOnError)
	f.IntVar(&o.rounds, "rounds", 3, "how often each sample is taken")
	f.BoolVar(&o.quick, "quick", false, "one round in a short form, to see that all works")
	f.BoolVar(&o.update, "update", false, "replace the scenarios of -scenario in -json, and write the page")
	f.BoolVar(&o.list, "list", false, "print the names of the scenarios and the contenders")
	f.StringVar(&o.json, "json", "results.json", "where the results of a whole run go")
	f.StringVar(&o.page, "page", "index.md", "the page in which they are shown")
	f.StringVar(&o.from, "from", "", "measure nothing, show the results in this file")
	scenarios := f.String("scenario", "", "a regular expression: only scenarios with such names, and no file is written")
	contenders := f.String("contender", "", "a regular expression: only contenders with such names, and no file is written")
	if err := report.Parse(f, args); err != nil {
		return nil, err
	}
	if o.rounds < 1 {
		return nil, fmt.Errorf("-rounds is %d, must be at least 1", o.rounds)
	}
	var err error
	if o.scenarios, err = regexp.Compile(*scenarios); err != nil {
		return nil, fmt.Errorf("-scenario: %w", err)
	}
	if o.contenders, err = regexp.Compile(*contenders); err != nil {
		return nil, fmt.Errorf("-contender: %w", err)
	}
	if o.update && (o.quick || *contenders != "") {
		return nil, errors.New("-update: the page has all contenders, and no short forms; leave -quick and -contender out")
	}
	if o.quick {
		o.rounds = 1
	}
	return o, nil
}

// whole reports whether the run has all that the page shows.
func (o *options) whole() bool {
	return !o.quick && o.scenarios.String() == "" && o.contenders.String() == ""
}

func (o *options) do(ctx context.Context) error {
	if o.list {
		for _, s := range scenarios() {
			fmt.Println(s.name + ": " + strings.Join(s.takingPart(), ", "))
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
	if missing := missingCommands(); missing != "" {
		return errors.New("not installed: " + missing + "; Debian and Ubuntu have them in redis-server and redis-tools")
	}
	var earlier *results
	if o.update {
		var err error
		if earlier, err = readResults(o.json); err != nil {
			return err
		}
	}
	r, err := o.measure(ctx)
	if err != nil {
		return err
	}
	if earlier != nil {
		if err := earlier.replace(r); err != nil {
			fmt.Println(r.text())
			return err
		}
		r = earlier
	}
	if o.writes() {
		if err := report.Write(o.json, r); err != nil {
			return err
		}
	}
	return errors.Join(o.show(r), r.missing())
}

// show prints the tables and writes them into the page, if the run has all that it shows.
func (o *options) show(r *results) error {
	fmt.Println(r.text())
	if !o.writes() {
		return nil
	}
	return writePage(o.page, r)
}

func (o *options) writes() bool { return o.update || o.whole() }

// missingCommands names the commands that are needed and not installed.
func missingCommands() string {
	var missing []string
	for _, command := range []string{"redis-server", "redis-cli"} {
		if _, err := exec.LookPath(command); err != nil {
			missing = append(missing, command)
		}
	}
	return strings.Join(missing, ", ")
}

// takingPart returns the names of the contenders that have such a client.
func (s *scenario) takingPart() (names []string) {
	for _, c := range contenders() {
		if s.fits(c) {
			names = append(names, c.name)
		}
	}
	return names
}
