package resource_test

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/jackc/puddle/v2"
	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
)

// BenchmarkReuse is one goroutine that takes and gives back an idle resource: the
// cost that every user pays.
func BenchmarkReuse(b *testing.B) {
	for _, c := range benchCases() {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			once := c.new(b, 4)
			for b.Loop() {
				once(func() {})
			}
		})
	}
}

// BenchmarkReuseParallel has as many goroutines as places, so goroutines wait
// only for the lock.
func BenchmarkReuseParallel(b *testing.B) {
	for _, c := range benchCases() {
		b.Run(c.name, func(b *testing.B) { benchParallel(b, c, runtime.GOMAXPROCS(0), func() {}) })
	}
}

// BenchmarkWait has eight goroutines for each place, and each gives up the
// processor while it has the resource: the others have to wait in the queue and
// are woken one by one.
func BenchmarkWait(b *testing.B) {
	for _, c := range benchCases() {
		if c.name != "mutexes" { // has no places
			b.Run(c.name, func(b *testing.B) {
				b.SetParallelism(8)
				benchParallel(b, c, runtime.GOMAXPROCS(0), runtime.Gosched)
			})
		}
	}
}

func benchParallel(b *testing.B, c benchCase, places int, hold func()) {
	b.ReportAllocs()
	once := c.new(b, places)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			once(hold)
		}
	})
}

// benchCase makes a function that takes a resource, holds it, and gives it back.
type benchCase struct {
	name string
	new  func(b *testing.B, places int) func(hold func())
}

func benchCases() []benchCase {
	return []benchCase{
		{"bare", func(b *testing.B, places int) func(func()) {
			return benchPool(b, resource.Config[*int]{MaxActive: places})
		}},
		{"timeouts", func(b *testing.B, places int) func(func()) {
			return benchPool(b, resource.Config[*int]{
				MaxActive: places, WaitTimeout: time.Minute,
				Eviction: policy.IdleTimeout(time.Minute), Lifetime: policy.MaxAge(time.Hour),
			})
		}},
		{"fifo", func(b *testing.B, places int) func(func()) { // without the lane
			return benchPool(b, resource.Config[*int]{MaxActive: places, Order: policy.FIFO})
		}},
		{"histograms", func(b *testing.B, places int) func(func()) {
			return benchPool(b, resource.Config[*int]{MaxActive: places, Histograms: true})
		}},
		{"observer", func(b *testing.B, places int) func(func()) {
			return benchPool(b, resource.Config[*int]{MaxActive: places, Observer: idleObserver{}})
		}},
		{"puddle", benchPuddle},
		{"channel", benchChannel},
		{"mutexes", benchMutexes},
	}
}

// idleObserver does nothing, so all of what it costs is the pool's.
type idleObserver struct{}

func (idleObserver) Observe(resource.Event) {}

func benchPool(b *testing.B, c resource.Config[*int]) func(func()) {
	c.Open = func(context.Context) (*int, error) { return new(int), nil }
	p, err := resource.New(c)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { p.Close() })
	ctx := b.Context()
	return func(hold func()) {
		lease, err := p.Acquire(ctx)
		if err != nil {
			b.Error(err)
			return
		}
		hold()
		lease.Release()
	}
}

func benchPuddle(b *testing.B, places int) func(func()) {
	p, err := puddle.NewPool(&puddle.Config[*int]{
		Constructor: func(context.Context) (*int, error) { return new(int), nil },
		Destructor:  func(*int) {},
		MaxSize:     int32(places),
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(p.Close)
	ctx := b.Context()
	return func(hold func()) {
		res, err := p.Acquire(ctx)
		if err != nil {
			b.Error(err)
			return
		}
		hold()
		res.Release()
	}
}

// benchChannel is a simple pool made of a channel.
func benchChannel(b *testing.B, places int) func(func()) {
	idle := make(chan *int, places)
	for range places {
		idle <- new(int)
	}
	ctx := b.Context()
	return func(hold func()) {
		select {
		case v := <-idle:
			hold()
			idle <- v
		case <-ctx.Done():
			b.Error(ctx.Err())
		}
	}
}

// benchMutexes locks and unlocks a mutex twice: no pool with a lock can cost
// less.
func benchMutexes(*testing.B, int) func(func()) {
	var mu sync.Mutex
	n := 0
	return func(hold func()) {
		mu.Lock()
		n++
		mu.Unlock()
		hold()
		mu.Lock()
		n--
		mu.Unlock()
	}
}

// BenchmarkClose closes a pool with a hundred thousand idle resources, whose
// closes are quick.
func BenchmarkClose(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		p, err := resource.New(resource.Config[int]{
			Open:  func(context.Context) (int, error) { return 0, nil },
			Close: func(int) error { return nil },
		})
		if err != nil {
			b.Fatal(err)
		}
		leases := make([]resource.Lease[int], 100_000)
		for i := range leases {
			leases[i], _ = p.Acquire(b.Context())
		}
		for _, l := range leases {
			l.Release()
		}
		b.StartTimer()
		p.Close()
	}
}

// A pool that is exhausted refuses callers.
func BenchmarkRefuse(b *testing.B) {
	p, err := resource.New(resource.Config[int]{MaxActive: 1, Open: func(context.Context) (int, error) { return 0, nil }})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := p.Acquire(context.Background()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		p.TryAcquire(context.Background())
	}
}
