package main

import (
	"fmt"
	"sync"
	"syscall"
	"time"

	"github.com/respool/respool/docs/benchmarks/internal/latency"
)

// benchCase is a load.
type benchCase struct {
	Name     string
	Callers  int
	Key      string // small: 32 bytes; large: 10 kB
	Distant  bool   // by way of the proxy
	Conns    int
	Blocking int // so many more callers wait for an empty list, again and again
}

// cases are the loads. Those with 32 bytes over the loopback interface are the ones of the targets.
func cases() (all []benchCase) {
	for _, n := range []int{1, 4, 16, 64, 256, 1024} {
		all = append(all, benchCase{Name: fmt.Sprintf("32 B, loopback, %d callers", n), Callers: n, Key: "small", Conns: 16})
	}
	for _, n := range []int{1, 16, 256} {
		all = append(all, benchCase{Name: fmt.Sprintf("10 kB, loopback, %d callers", n), Callers: n, Key: "large", Conns: 16})
	}
	for _, n := range []int{1, 64, 1024} {
		all = append(all, benchCase{Name: fmt.Sprintf("32 B, 1 ms, %d callers", n), Callers: n, Key: "small", Distant: true, Conns: 8})
	}
	all = append(all, benchCase{Name: "10 kB, 1 ms, 64 callers", Callers: 64, Key: "large", Distant: true, Conns: 8})
	return append(all, benchCase{Name: "32 B, loopback, 64 callers and 8 that block", Callers: 64, Key: "small", Conns: 16, Blocking: 8})
}

func (c benchCase) clients() []string {
	return []string{redigo, unshared, shared, goRedis, pipelined, rueidisN}
}

// measured is the outcome of one measurement.
type measured struct {
	PerSecond      float64
	P50, P99, P999 float64 // microseconds
	Client, Server float64 // processor time for a call, in microseconds
	Errors         int
}

func clientCPU() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func (c benchCase) measure(name string, s *servers, d time.Duration) (*measured, error) {
	addr := s.direct
	if c.Distant {
		addr = s.distant
	}
	cl, err := open(name, addr, c.Conns)
	if err != nil {
		return nil, err
	}
	defer cl.close()
	c.load(cl, min(d/4, 100*time.Millisecond)) // connections are dialed
	client, server, begin := clientCPU(), s.serverCPU(), time.Now()
	took, errors := c.load(cl, d)
	elapsed := time.Since(begin)
	calls := float64(max(took.N, 1))
	us := func(d time.Duration) float64 { return float64(d) / calls / 1000 }
	return &measured{
		PerSecond: calls / elapsed.Seconds(),
		P50:       took.Quantile(0.5) / 1000, P99: took.Quantile(0.99) / 1000, P999: took.Quantile(0.999) / 1000,
		Client: us(clientCPU() - client), Server: us(s.serverCPU() - server),
		Errors: errors,
	}, nil
}

// load has the callers call for a time.
func (c benchCase) load(cl *client, d time.Duration) (*latency.Latencies, int) {
	var wg sync.WaitGroup
	end := time.Now().Add(d)
	for range c.Blocking {
		wg.Go(func() {
			for time.Now().Before(end) {
				cl.block("nothing", 50*time.Millisecond)
			}
		})
	}
	var mu sync.Mutex
	all, failed := new(latency.Latencies), 0
	for range c.Callers {
		wg.Go(func() {
			mine, errors := new(latency.Latencies), 0
			for begin := time.Now(); begin.Before(end); {
				if err := cl.get(c.Key); err != nil {
					errors++
				}
				now := time.Now()
				mine.Record(now.Sub(begin))
				begin = now
			}
			mu.Lock()
			defer mu.Unlock()
			all.Add(mine)
			failed += errors
		})
	}
	wg.Wait()
	return all, failed
}
