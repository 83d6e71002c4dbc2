// The program sharing measures what shared connections gain, beside other clients, and writes a page with plots.
//
//	go run ./sharing -rounds 8 -page sharing/index.md     # in docs/benchmarks: everything
//	go run ./sharing -quick                               # a short look; nothing is written
//
// The clients take turns, in an order that is drawn anew. Clients are compared only within a round. It needs a
// redis-server.
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
	rounds   int
	duration time.Duration
	pattern  string
	quick    bool
	page     string
	from     string
	run      *regexp.Regexp
}

func main() {
	report.Main("sharing", func() error {
		if listen := os.Getenv(proxyEnv); listen != "" {
			return runProxy(listen)
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
	f := flag.NewFlagSet("sharing", flag.ContinueOnError)
	f.IntVar(&o.rounds, "rounds", 7, "how often every client is measured")
	f.DurationVar(&o.duration, "duration", time.Second, "the length of one measurement")
	f.StringVar(&o.pattern, "run", "", "a regular expression: only cases with such names")
	f.BoolVar(&o.quick, "quick", false, "three rounds of a fifth of a second; nothing is written")
	f.StringVar(&o.page, "page", "", "the page to write; results.json and the plots are written beside it")
	f.StringVar(&o.from, "from", "", "measure nothing, show the results in this file")
	if err := report.Parse(f, args); err != nil {
		return nil, err
	}
	if o.quick {
		o.rounds, o.duration, o.page = 3, 200*time.Millisecond, ""
	}
	var err error
	if o.run, err = regexp.Compile(o.pattern); err != nil {
		return nil, fmt.Errorf("-run: %w", err)
	}
	return o, nil
}

func (o *options) do() (err error) {
	r := new(results)
	if o.from != "" {
		err = report.Read(o.from, r)
	} else {
		r, err = o.measure()
	}
	if err != nil {
		return err
	}
	fmt.Println(r.text())
	if o.page == "" {
		return nil
	}
	return r.write(o.page)
}

func (o *options) measure() (*results, error) {
	s, err := startServers()
	if err != nil {
		return nil, err
	}
	defer s.stop()
	r := newResults(o)
	for round := range o.rounds {
		for _, c := range cases() {
			if !o.run.MatchString(c.Name) {
				continue
			}
			all, err := c.measureRound(s, o.duration)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.Name, err)
			}
			for name, m := range all {
				r.add(c, name, m)
			}
		}
		fmt.Fprintf(os.Stderr, "round %d of %d is over\n", round+1, o.rounds)
	}
	return r, nil
}
