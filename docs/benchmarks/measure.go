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
	r.quick = o.quick
	count, benchtime := o.count, o.benchtime.String()
	if o.quick {
		count, benchtime = 1, "1x"
	}
	for round := range count {
		r.Rounds = append(r.Rounds, roundOf(bounce()))
		began := time.Now()
		for _, i := range rand.Perm(len(cases)) {
			c := &cases[i]
			if srv == nil && c.needsServer() {
				continue
			}
			s, err := c.inProcess(benchtime, srv)
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
		cmd.Env = append(cmd.Env, redisEnv+"="+srv.addr)
	}
	var out, bad bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &bad
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s%s", c.name(), err, out.String(), bad.String())
	}
	// A failed benchmark prints what it has to say before that.
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	s := new(sample)
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), s); err != nil {
		return nil, fmt.Errorf("%s printed no sample: %s", c.name(), out.String())
	}
	return s, nil
}

// bounce is how long a word takes from one processor to another and to find out
// there: the two of a virtual machine are now near each other, now far.
func bounce() float64 {
	if runtime.GOMAXPROCS(0) < 2 || runtime.NumCPU() < 2 {
		return 0
	}
	const turns = 20_000
	var word atomic.Uint32
	done := make(chan struct{})
	follow := func(odd uint32) {
		for n := uint32(0); n < turns; n++ {
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
	return float64(took) / (2 * turns)
}
