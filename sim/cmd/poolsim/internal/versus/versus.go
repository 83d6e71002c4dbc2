// Package versus compares pools of Redis connections in real time, under one
// closed workload.
package versus

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/sim"
)

// Load is what every pool has to bear in every round.
type Load struct {
	Clients   int
	Requests  int // of all clients together
	MaxActive int
	Rounds    int
	Think     time.Duration // between two requests of a client
	Hold      time.Duration // with the connection, after the command
	Command   string
	Args      []any
	Addr      string // of the Redis server
}

// Standing is what a pool has done in all rounds.
type Standing struct {
	Name       string
	Requests   uint64
	Throughput []float64     // requests a second, by round
	Wait       sim.Histogram // until it has a connection, dialling included
	Total      sim.Histogram // until the connection is given back
	Dials      int64
	Allocs     float64 // for each request, of the whole process

	// The pool by itself: one goroutine takes a connection and gives it back.
	AloneTime   time.Duration
	AloneAllocs float64
}

// Median returns the throughput of the middle round.
func (s *Standing) Median() float64 {
	sorted := slices.Sorted(slices.Values(s.Throughput))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// Run has the pools take turns: each round has all of them, beginning with
// another one, so that a machine that gets slower or faster is so for all. Each
// has a new pool in each round.
func Run(ctx context.Context, l Load, progress func(done, of int)) ([]*Standing, error) {
	all := entries()
	standings := make([]*Standing, len(all))
	for i, e := range all {
		standings[i] = &Standing{Name: e.name}
	}
	for round := range l.Rounds {
		for i := range all {
			k := (round + i) % len(all)
			progress(round*len(all)+i, l.Rounds*len(all))
			if err := l.round(ctx, all[k], standings[k]); err != nil {
				return nil, fmt.Errorf("%s: %w", all[k].name, err)
			}
		}
	}
	for _, s := range standings {
		s.Allocs /= float64(l.Rounds)
		s.AloneAllocs /= float64(l.Rounds)
		s.AloneTime /= time.Duration(l.Rounds)
	}
	return standings, nil
}

func (l *Load) round(ctx context.Context, e entry, s *Standing) error {
	var dials atomic.Int64
	pool, err := e.make(l.MaxActive, func(ctx context.Context) (redis.Conn, error) {
		dials.Add(1)
		return redis.DialContext(ctx, "tcp", l.Addr)
	})
	if err != nil {
		return err
	}
	defer pool.close()
	runtime.GC() // nobody pays for those before
	samples := l.newSamples()
	before := mallocs()
	begin := time.Now()
	if err := l.clients(ctx, pool, samples); err != nil {
		return err
	}
	took := time.Since(begin)
	allocs, n := mallocs()-before, 0
	for i := range samples {
		n += len(samples[i].wait)
		for k := range samples[i].wait {
			s.Wait.Add(samples[i].wait[k])
			s.Total.Add(samples[i].total[k])
		}
	}
	s.Allocs += float64(allocs) / float64(n)
	s.Requests += uint64(n)
	s.Throughput = append(s.Throughput, float64(n)/took.Seconds())
	s.Dials += dials.Load()
	return l.alone(ctx, pool, s)
}

func mallocs() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}
