package resource_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
)

// configs are pools with nothing on that the older commit lacks.
func configs(places int) map[string]resource.Config[*int] {
	open := func(context.Context) (*int, error) { return new(int), nil }
	return map[string]resource.Config[*int]{
		"bare": {Open: open, MaxActive: places},
		"fifo": {Open: open, MaxActive: places, Order: policy.FIFO},
		"timeouts": {
			Open: open, MaxActive: places, WaitTimeout: time.Minute,
			Eviction: policy.IdleTimeout(time.Minute), Lifetime: policy.MaxAge(time.Hour),
		},
	}
}

func each(b *testing.B, places int, run func(b *testing.B, cycle func(hold func()))) {
	for _, name := range []string{"bare", "fifo", "timeouts"} {
		b.Run(name, func(b *testing.B) {
			p, err := resource.New(configs(places)[name])
			if err != nil {
				b.Fatal(err)
			}
			defer p.Close()
			ctx := b.Context()
			b.ReportAllocs()
			run(b, func(hold func()) {
				l, err := p.Acquire(ctx)
				if err != nil {
					b.Error(err)
					return
				}
				hold()
				l.Release()
			})
		})
	}
}

func nothing() {}

// BenchmarkReuse is one goroutine.
func BenchmarkReuse(b *testing.B) {
	each(b, 4, func(b *testing.B, cycle func(func())) {
		for b.Loop() {
			cycle(nothing)
		}
	})
}

// BenchmarkReuseParallel has a place for each goroutine.
func BenchmarkReuseParallel(b *testing.B) {
	each(b, runtime.GOMAXPROCS(0), func(b *testing.B, cycle func(func())) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				cycle(nothing)
			}
		})
	})
}

// BenchmarkWait has eight goroutines for each place, so that they wait in the queue.
func BenchmarkWait(b *testing.B) {
	each(b, runtime.GOMAXPROCS(0), func(b *testing.B, cycle func(func())) {
		b.SetParallelism(8)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				cycle(runtime.Gosched)
			}
		})
	})
}
