package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/respool/respool/docs/internal/report"
)

// measure runs the rounds.
func (o *options) measure() (*results, error) {
	cases, err := o.cases()
	if err != nil {
		return nil, err
	}
	srv, err := startServer()
	if err != nil {
		return nil, err
	}
	defer srv.stop()
	r := newResults(cases)
	r.quick, r.Conditions = o.quick, o.add
	count := o.count
	if o.quick {
		count = 1
	}
	for round := range count {
		r.Rounds = append(r.Rounds, roundOf(bounce()))
		began := time.Now()
		for _, c := range inTurn(cases) {
			if srv == nil && c.needsServer() {
				continue
			}
			s, err := c.inProcess(o.timeOf(c), srv)
			if err != nil {
				return nil, err
			}
			r.add(c, round, s)
		}
		fmt.Fprintf(os.Stderr, "round %d of %d: %v, cores %s (a word goes over in %.0f ns)\n",
			round+1, count, time.Since(began).Round(time.Second), r.Rounds[round].Phase, r.Rounds[round].Bounce)
	}
	return r, nil
}

// latencyTime is how many times longer a sample runs if it reports p99.9. Of a few
// thousand cycles only four or five would decide that figure.
const latencyTime = 15

// timeOf is how long a sample of the case runs, in the form of testing's -benchtime.
func (o *options) timeOf(c *benchCase) string {
	switch {
	case o.quick:
		return "1x"
	case c.latency:
		return (latencyTime * o.benchtime).String()
	}
	return o.benchtime.String()
}

// inTurn returns the order of a round. The works stand in an order that is drawn anew. The
// contenders of one work stand next to each other, also in a drawn order: they are compared
// with each other, and the machine changes less within seconds than within a round.
func inTurn(cases []benchCase) []*benchCase {
	byWork := map[string][]*benchCase{}
	var works []string
	for i := range cases {
		c := &cases[i]
		if byWork[c.work] == nil {
			works = append(works, c.work)
		}
		byWork[c.work] = append(byWork[c.work], c)
	}
	rand.Shuffle(len(works), func(i, j int) { works[i], works[j] = works[j], works[i] })
	var all []*benchCase
	for _, w := range works {
		same := byWork[w]
		rand.Shuffle(len(same), func(i, j int) { same[i], same[j] = same[j], same[i] })
		all = append(all, same...)
	}
	return all
}

// inProcess takes a sample in a process of its own.
func (c *benchCase) inProcess(benchtime string, srv *server) (*sample, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if c.once {
		benchtime = "1x"
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), sampleEnv+"="+c.name(), timeEnv+"="+benchtime, fmt.Sprintf("GOMAXPROCS=%d", c.procs))
	if srv != nil {
		cmd.Env = append(cmd.Env, redisEnv+"="+srv.addr, fmt.Sprintf("%s=%d", serverEnv, srv.cmd.Process.Pid))
	}
	var out, bad bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &bad
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s%s", c.name(), err, out.String(), bad.String())
	}
	// A failed benchmark prints its error before that line.
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	s := new(sample)
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), s); err != nil {
		return nil, fmt.Errorf("%s printed no sample: %s", c.name(), out.String())
	}
	return s, nil
}

// bounce is how long it takes until one processor sees what another has written. The two
// processors of a virtual machine may be close to each other or not, and that changes. It is
// the median of several tries, since any of them may be disturbed.
func bounce() float64 {
	if runtime.GOMAXPROCS(0) < 2 || runtime.NumCPU() < 2 {
		return 0
	}
	var all []float64
	for range 15 {
		all = append(all, bounceOnce(2000))
	}
	m, _ := report.Median(all)
	return m
}

func bounceOnce(turns uint32) float64 {
	var word atomic.Uint32
	done := make(chan struct{})
	follow := func(odd uint32) {
		for n := range turns {
			for spins := 0; word.Load() != 2*n+odd; spins++ {
				if spins > 1_000_000 {
					runtime.Gosched()
				}
			}
			word.Add(1)
		}
	}
	go func() {
		follow(1)
		close(done)
	}()
	took := since(func() {
		follow(0)
		<-done
	})
	return float64(took) / float64(2*turns)
}
