package main

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
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

func callers(n int) string {
	if n == 1 {
		return "1 caller"
	}
	return fmt.Sprintf("%d callers", n)
}

// cases are the loads. Those with 32 bytes over the loopback interface are the ones of the targets.
func cases() (all []benchCase) {
	for _, n := range []int{1, 4, 16, 64, 256, 1024} {
		all = append(all, benchCase{Name: "32 B, loopback, " + callers(n), Callers: n, Key: "small", Conns: 16})
	}
	for _, n := range []int{1, 16, 256} {
		all = append(all, benchCase{Name: "10 kB, loopback, " + callers(n), Callers: n, Key: "large", Conns: 16})
	}
	for _, n := range []int{1, 64, 1024} {
		all = append(all, benchCase{Name: "32 B, 1 ms, " + callers(n), Callers: n, Key: "small", Distant: true, Conns: 8})
	}
	all = append(all, benchCase{Name: "10 kB, 1 ms, 64 callers", Callers: 64, Key: "large", Distant: true, Conns: 8})
	return append(all, benchCase{Name: "32 B, loopback, 64 callers and 8 that block", Callers: 64, Key: "small", Conns: 16, Blocking: 8})
}

func (c benchCase) clients() []string {
	return []string{redigo, unshared, shared, sleeping, goRedis, pipelined, rueidisN}
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

// turns is how often each client comes to its turn within a round. What the kernel and other programs do changes from one moment
// to the next, so short turns are fairer. A turn must be much longer than a call, so calls over the network with latency, those
// that block, and those of so many callers that each waits for ten milliseconds, have no short turns.
func (c benchCase) turns() int {
	if c.Distant || c.Blocking > 0 || c.Callers > 256 {
		return 1
	}
	return 8
}

// sample is what a client has done in its turns of a round.
type sample struct {
	client         *client
	took           []latency.Latencies // by caller
	elapsed        time.Duration
	clientCPU, srv time.Duration
	errors         int
}

// measureRound measures each client for d, in turns.
func (c benchCase) measureRound(s *servers, d time.Duration) (map[string]*measured, error) {
	addr := s.direct
	if c.Distant {
		addr = s.distant
	}
	samples := map[string]*sample{}
	for _, name := range c.clients() {
		cl, err := open(name, addr, c.Conns)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		defer cl.close()
		c.load(cl, min(d/4, 100*time.Millisecond), make([]latency.Latencies, c.Callers)) // connections are dialed
		samples[name] = &sample{client: cl, took: make([]latency.Latencies, c.Callers)}
	}
	names := c.clients()
	for range c.turns() {
		rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		for _, name := range names {
			samples[name].turn(c, s, d/time.Duration(c.turns()))
		}
	}
	all := map[string]*measured{}
	for name, m := range samples {
		all[name] = m.measured()
	}
	return all, nil
}

func (m *sample) turn(c benchCase, s *servers, d time.Duration) {
	client, server, begin := clientCPU(), s.serverCPU(), time.Now()
	m.errors += c.load(m.client, d, m.took)
	m.elapsed += time.Since(begin)
	m.clientCPU += clientCPU() - client
	m.srv += s.serverCPU() - server
}

func (m *sample) measured() *measured {
	all := new(latency.Latencies)
	for i := range m.took {
		all.Add(&m.took[i])
	}
	calls := float64(max(all.N, 1))
	us := func(d time.Duration) float64 { return float64(d) / calls / 1000 }
	return &measured{
		PerSecond: calls / m.elapsed.Seconds(),
		P50:       all.Quantile(0.5) / 1000, P99: all.Quantile(0.99) / 1000, P999: all.Quantile(0.999) / 1000,
		Client: us(m.clientCPU), Server: us(m.srv),
		Errors: m.errors,
	}
}

// load has the callers call for a time, adds what each call took to the latencies of its caller, and returns the number of
// errors.
func (c benchCase) load(cl *client, d time.Duration, took []latency.Latencies) int {
	var wg sync.WaitGroup
	end := time.Now().Add(d)
	for range c.Blocking {
		wg.Go(func() {
			for time.Now().Before(end) {
				cl.block("nothing", 50*time.Millisecond)
			}
		})
	}
	var failed atomic.Int64
	for i := range c.Callers {
		wg.Go(func() {
			mine := &took[i]
			for begin := time.Now(); begin.Before(end); {
				if err := cl.get(c.Key); err != nil {
					failed.Add(1)
				}
				now := time.Now()
				mine.Record(now.Sub(begin))
				begin = now
			}
		})
	}
	wg.Wait()
	return int(failed.Load())
}
