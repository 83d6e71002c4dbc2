package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	sampleEnv = "RESPOOL_BENCHMARK_CASE"
	timeEnv   = "RESPOOL_BENCHMARK_TIME"
	redisEnv  = "RESPOOL_BENCHMARK_REDIS"
)

// sample is what one process has seen of one case.
type sample struct {
	Ns     float64            `json:"ns"`
	Allocs float64            `json:"allocs"`
	Bytes  float64            `json:"bytes"`
	Extra  map[string]float64 `json:"extra,omitempty"`
	// Others is how many processors other processes had, on average.
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
	var last struct{ busy, own, wall time.Duration }
	failed := false
	r := testing.Benchmark(func(b *testing.B) {
		defer func() { failed = failed || b.Failed() }()
		b.ReportAllocs()
		busy, own, began := busyTime(), ownTime(), time.Now()
		c.bench(b)
		last.busy, last.own, last.wall = busyTime()-busy, ownTime()-own, time.Since(began)
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
		s.Others = max(0, float64(last.busy-last.own)/float64(last.wall))
	}
	return s, nil
}

// ownTime is the processor time of this process.
func ownTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// busyTime is the processor time of all processes, and what was stolen from the
// machine, where /proc/stat tells it; else zero.
func busyTime() time.Duration {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), "\n")
	var user, nice, system, idle, iowait, irq, softirq, steal int64
	if _, err := fmt.Sscanf(first, "cpu %d %d %d %d %d %d %d %d", &user, &nice, &system, &idle, &iowait, &irq, &softirq, &steal); err != nil {
		return 0
	}
	const tick = 10 * time.Millisecond // USER_HZ, the same on every Linux
	return time.Duration(user+nice+system+irq+softirq+steal) * tick
}
