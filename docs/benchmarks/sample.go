package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"
)

const (
	sampleEnv = "RESPOOL_BENCHMARK_CASE"
	timeEnv   = "RESPOOL_BENCHMARK_TIME"
	redisEnv  = "RESPOOL_BENCHMARK_REDIS"
	serverEnv = "RESPOOL_BENCHMARK_SERVER" // the process of that
)

// sample is what one process has seen of one case.
type sample struct {
	Ns     float64            `json:"ns"`
	Allocs float64            `json:"allocs"`
	Bytes  float64            `json:"bytes"`
	Extra  map[string]float64 `json:"extra,omitempty"`
	// Others is how many processors other processes had, on average, the server that
	// the case talks to left out.
	Others float64 `json:"others"`
}

// takeSample is the whole life of a sample's process.
func takeSample(name string) error {
	for _, c := range allCases() {
		if c.name() == name {
			s, err := c.sample(os.Getenv(timeEnv))
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			return json.NewEncoder(os.Stdout).Encode(s)
		}
	}
	return fmt.Errorf("there is no case %q", name)
}

func (c *benchCase) sample(benchtime string) (*sample, error) {
	testing.Init()
	if err := flag.Set("test.benchtime", benchtime); err != nil {
		return nil, err
	}
	var last struct{ others, wall time.Duration }
	failed := false
	r := testing.Benchmark(func(b *testing.B) {
		defer func() { failed = failed || b.Failed() }()
		b.ReportAllocs()
		others, began := othersTime(), time.Now()
		c.bench(b)
		last.others, last.wall = othersTime()-others, time.Since(began)
	})
	if failed || r.N == 0 {
		return nil, fmt.Errorf("the case failed")
	}
	s := &sample{
		Ns:     float64(r.T.Nanoseconds()) / float64(r.N),
		Allocs: float64(r.MemAllocs) / float64(r.N),
		Bytes:  float64(r.MemBytes) / float64(r.N),
		Extra:  r.Extra,
	}
	if last.wall > 0 {
		s.Others = max(0, float64(last.others)/float64(last.wall))
	}
	return s, nil
}
