// The program sharing measures what shared connections gain, beside other clients, and writes a page with plots.
//
//	go run ./sharing -rounds 7 -page sharing/index.md     # in docs/benchmarks: everything
//	go run ./sharing -quick                               # a short look; nothing is written
//
// The clients take turns, in an order that is drawn anew. Clients are compared only within a round. It needs a
// redis-server.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"time"
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
	if listen := os.Getenv(proxyEnv); listen != "" {
		runProxy(listen)
		return
	}
	var o options
	flag.IntVar(&o.rounds, "rounds", 7, "how often every client is measured")
	flag.DurationVar(&o.duration, "duration", time.Second, "the length of one measurement")
	flag.StringVar(&o.pattern, "run", "", "a regular expression: only cases with such names")
	flag.BoolVar(&o.quick, "quick", false, "three rounds of a fifth of a second; nothing is written")
	flag.StringVar(&o.page, "page", "", "the page to write; results.json and the plots are written beside it")
	flag.StringVar(&o.from, "from", "", "measure nothing, show the results in this file")
	flag.Parse()
	if err := o.do(); err != nil {
		fmt.Fprintln(os.Stderr, "sharing:", err)
		os.Exit(1)
	}
}

func (o *options) do() (err error) {
	if o.quick {
		o.rounds, o.duration, o.page = 3, 200*time.Millisecond, ""
	}
	if o.run, err = regexp.Compile(o.pattern); err != nil {
		return err
	}
	r := new(results)
	if o.from != "" {
		text, err := os.ReadFile(o.from)
		if err == nil {
			err = json.Unmarshal(text, r)
		}
		if err != nil {
			return err
		}
	} else if r, err = o.measure(); err != nil {
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
