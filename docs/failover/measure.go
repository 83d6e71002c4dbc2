package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"time"
)

// sampleLimit is how long a sample may take. The longest takes about a minute where nothing
// else runs.
const sampleLimit = 5 * time.Minute

// measure runs the rounds. A sample that fails is taken once more.
func (o *options) measure(ctx context.Context) (*results, error) {
	r := newResults(o.rounds)
	for _, s := range scenarios() {
		if !o.scenarios.MatchString(s.name) {
			continue
		}
		var names []string
		for _, name := range s.takingPart() {
			if o.contenders.MatchString(name) {
				names = append(names, name)
				r.Cases = append(r.Cases, &outcome{Scenario: s.name, Contender: name})
			}
		}
		for round := range o.rounds {
			rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
			for _, name := range names {
				f, err := o.take(ctx, sample{Scenario: s.name, Contender: name, Quick: o.quick}, round)
				if err != nil {
					return nil, err
				}
				r.add(s.name, name, f)
			}
		}
	}
	if len(r.Cases) == 0 {
		return nil, fmt.Errorf("no contender with such a name takes part in a scenario with such a name; see -list")
	}
	return r, nil
}

// take returns nil where the sample could not be taken.
func (o *options) take(ctx context.Context, s sample, round int) (*figures, error) {
	for range 2 {
		began := time.Now()
		limited, cancel := context.WithTimeoutCause(ctx, sampleLimit, fmt.Errorf("the sample took longer than %v", sampleLimit))
		f, err := s.inProcess(limited)
		cancel()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err == nil {
			fmt.Fprintf(os.Stderr, "round %d of %d, %s, %s: %d calls, %d errors, %d lost (%v)\n",
				round+1, o.rounds, s.Scenario, s.Contender, f.Calls, f.Errors, f.Lost, time.Since(began).Round(time.Second))
			return f, nil
		}
		fmt.Fprintln(os.Stderr, "failover:", err)
	}
	return nil, nil
}
