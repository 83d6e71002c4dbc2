// The program cases measures one case of a pool with every feature off. It is built for this
// commit and for an older one, so it uses nothing but what both have, and is one file.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
)

// sample is what one process has seen of one case.
type sample struct {
	Ns     float64 `json:"ns"`
	Allocs float64 `json:"allocs"`
	Waits  float64 `json:"waits"` // in each cycle
}

type benchCase struct {
	name    string
	config  resource.Config[int] // without limits
	perProc int                  // goroutines for each processor; zero: one in all
	hold    func()               // while a resource is leased
	try     bool                 // the pool is at its limit, and an acquire does not wait
}

// cases returns what is measured. In those that wait there are eight goroutines for each
// place, and each gives up the processor while it has the resource.
func cases() []benchCase {
	timeouts := resource.Config[int]{
		WaitTimeout: time.Minute, Eviction: policy.IdleTimeout(time.Minute), Lifetime: policy.MaxAge(time.Hour),
	}
	none := func() {}
	return []benchCase{
		{name: "cycle", hold: none},
		{name: "cycle-timeouts", config: timeouts, hold: none},
		{name: "parallel", perProc: 1, hold: none},
		{name: "waiting", perProc: 8, hold: runtime.Gosched},
		{name: "waiting-timeouts", config: timeouts, perProc: 8, hold: runtime.Gosched},
		{name: "refused", try: true},
	}
}

func main() {
	if len(os.Args) == 1 {
		for _, c := range cases() {
			fmt.Println(c.name)
		}
		return
	}
	if err := takeSample(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func takeSample(name, benchtime string) error {
	testing.Init()
	if err := flag.Set("test.benchtime", benchtime); err != nil {
		return err
	}
	for _, c := range cases() {
		if c.name == name {
			s, err := c.measure()
			if err != nil {
				return err
			}
			return json.NewEncoder(os.Stdout).Encode(s)
		}
	}
	return fmt.Errorf("there is no case %q", name)
}

func (c *benchCase) measure() (s sample, err error) {
	failed := false
	r := testing.Benchmark(func(b *testing.B) {
		c.config.Open = func(context.Context) (int, error) { return 0, nil }
		c.config.MaxActive = runtime.GOMAXPROCS(0)
		p, err := resource.New(c.config)
		if err != nil {
			b.Error(err)
			return
		}
		defer p.Close()
		c.run(b, p)
		failed = failed || b.Failed()
		s.Waits = float64(p.Stats().WaitCount) / float64(b.N)
	})
	if failed || r.N == 0 {
		return s, fmt.Errorf("%s has failed", c.name)
	}
	s.Ns = float64(r.T.Nanoseconds()) / float64(r.N)
	s.Allocs = float64(r.MemAllocs) / float64(r.N)
	return s, nil
}

func (c *benchCase) run(b *testing.B, p *resource.Pool[int]) {
	ctx := context.Background()
	cycle := func() {
		l, err := p.Acquire(ctx)
		if err != nil {
			b.Error(err)
			return
		}
		c.hold()
		l.Release()
	}
	if c.try {
		for range c.config.MaxActive {
			l, err := p.Acquire(ctx)
			if err != nil {
				b.Error(err)
				return
			}
			defer l.Release()
		}
		cycle = func() {
			if _, err := p.TryAcquire(ctx); err == nil {
				b.Error("a pool at its limit has a resource")
			}
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	if c.perProc == 0 {
		for range b.N {
			cycle()
		}
		return
	}
	b.SetParallelism(c.perProc)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			cycle()
		}
	})
}
