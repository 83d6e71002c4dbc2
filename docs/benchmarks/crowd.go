package main

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/respool/respool/docs/benchmarks/internal/latency"
	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
)

// A crowd is a pool with very many idle resources. Their number must not change the cost of
// a cycle or of Stats, nor how long others wait while all are closed.

var crowds = []int{1, 1000, 100_000}

func crowdCases() (all []benchCase) {
	add := func(work string, n int, contender string, once bool, f func(*testing.B, string, int)) {
		all = append(all, benchCase{
			work: fmt.Sprintf("idle-%d/%s", n, work), contender: contender, procs: 2, once: once,
			bench: func(b *testing.B) { f(b, contender, n) },
		})
	}
	for _, n := range crowds {
		for _, c := range pools() {
			add("cycle", n, c, false, crowdCycle)
			add("stats", n, c, false, crowdStats)
		}
		for _, c := range []string{ours, redigo} {
			add("all-stale", n, c, true, crowdStale)
		}
		for _, c := range pools() {
			if n == crowds[len(crowds)-1] {
				add("bytes", n, c, true, crowdBytes)
				add("close", n, c, true, crowdClose)
			}
		}
		if n == crowds[len(crowds)-1] {
			add("reaper", n, ours, true, crowdReaper)
			add("quiet", n, ours, true, crowdQuiet)
		}
	}
	return all
}

// crowd makes a pool with n idle resources.
func crowd(b *testing.B, contender string, n int, s shape) taker {
	s.places = n + 10
	t := makers()[contender](s)
	fill(b, t, n)
	return t
}

// fill leaves n idle resources in a new pool.
func fill(b *testing.B, t taker, n int) {
	take, give := takeOnce(t), make([]func(), n)
	for i := range give {
		var err error
		if give[i], err = take(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
	for _, f := range give {
		f()
	}
	if got := idleIn(t); got != n {
		b.Fatalf("%d are idle, should be %d", got, n)
	}
}

func idleIn(t taker) int {
	switch t := t.(type) {
	case *oursTaker:
		return t.p.Stats().Idle
	case *connTaker:
		return t.p.(interface{ IdleCount() int }).IdleCount()
	case *puddleTaker:
		return int(t.p.Stat().IdleResources())
	case *sqlTaker:
		return t.p.Stats().Idle
	}
	panic(fmt.Sprintf("nothing is idle in a %T", t))
}

func crowdCycle(b *testing.B, contender string, n int) {
	t := crowd(b, contender, n, shape{timed: contender != puddleName})
	t.serial(b)
}

func crowdStats(b *testing.B, contender string, n int) {
	t := crowd(b, contender, n, shape{})
	for b.Loop() {
		statsOf(t)
	}
}

// statsOf asks for all that the pool counts.
func statsOf(t taker) {
	switch t := t.(type) {
	case *oursTaker:
		t.p.Stats()
	case *connTaker:
		t.p.Stats()
	case *puddleTaker:
		t.p.Stat()
	case *sqlTaker:
		t.p.Stats()
	default:
		panic(fmt.Sprintf("nothing is counted in a %T", t))
	}
}

// crowdStale is one acquire that finds all that is idle past its time.
func crowdStale(b *testing.B, contender string, n int) {
	var took time.Duration
	if contender == ours {
		took = staleOurs(b, n)
	} else {
		const timeout = 200 * time.Millisecond
		t := crowd(b, contender, n, shape{timeout: timeout})
		runtime.GC()
		time.Sleep(timeout + time.Millisecond)
		took = since(func() {
			if _, err := takeOnce(t)(context.Background()); err != nil {
				b.Fatal(err)
			}
		})
	}
	b.ReportMetric(float64(took), "one-ns")
}

// staleOurs tries again where the timer was first: a busy machine may keep the
// processor from us at the very moment.
func staleOurs(b *testing.B, n int) time.Duration {
	const tries = 20
	for range tries {
		if took, ok := staleOnce(b, n); ok {
			return took
		}
	}
	b.Fatalf("the timer was first, %d times", tries)
	return 0
}

// staleOnce has a timer, which would find them first. So all have their last
// instant in common, and there is one processor, which is not left between that
// instant and the acquire. It is given up shortly before, since a goroutine may
// keep it for 10 ms only.
func staleOnce(b *testing.B, n int) (took time.Duration, ok bool) {
	last := 50*time.Millisecond + time.Duration(n)*10*time.Microsecond
	c := oursConfig(shape{places: n + 10})
	c.Lifetime = policy.LifetimeFunc(func(policy.Info) policy.Expiry { return policy.Expiry{Until: policy.Instant(last)} })
	t := &oursTaker{mustNew(c)}
	defer t.close()
	began := time.Now() // the pool's own instants begin a little earlier
	fill(b, t, n)
	runtime.GC()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	time.Sleep(last - 3*time.Millisecond - time.Since(began))
	for time.Since(began) < last+10*time.Microsecond {
	}
	if t.p.Stats().Idle != n {
		return 0, false
	}
	took = since(func() {
		if _, err := t.p.Acquire(context.Background()); err != nil {
			b.Error(err)
		}
	})
	if st := t.p.Stats(); st.Opened != uint64(n+1) {
		b.Errorf("should have found %d stale and opened one: %+v", n, st)
	}
	return took, true
}

// crowdBytes is what an idle resource costs in memory, itself not counted.
func crowdBytes(b *testing.B, contender string, n int) {
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	t := crowd(b, contender, n, shape{})
	each := float64(heap()-before) / float64(n)
	own := 16.0 // a fake takes 8 bytes, as does the pointer to it
	b.ReportMetric(each-own, "bytes-each")
	runtime.KeepAlive(t)
}

// stall calls look all the time beside f, and reports how long those calls took. Each
// wait is put into a histogram, because a growing list would itself cause stalls.
func stall(b *testing.B, f, look func()) (took time.Duration) {
	started, stop, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	seen := new(latency.Latencies)
	go func() {
		defer close(done)
		for range 1000 {
			look()
		}
		close(started)
		for {
			select {
			case <-stop:
				return
			default:
				seen.Record(since(look))
			}
		}
	}()
	<-started
	took = since(f)
	close(stop)
	<-done
	b.ReportMetric(float64(seen.Most), "stall-max-ns")
	b.ReportMetric(seen.Quantile(0.999), "stall-p999-ns")
	b.ReportMetric(seen.Quantile(0.5), "stall-p50-ns")
	return took
}

func crowdClose(b *testing.B, contender string, n int) {
	t := crowd(b, contender, n, shape{})
	runtime.GC()
	took := stall(b, t.close, func() { statsOf(t) })
	b.ReportMetric(float64(took), "one-ns")
}

// crowdQuiet has nothing happen beside: what stalls then is the machine.
func crowdQuiet(b *testing.B, contender string, n int) {
	t := crowd(b, contender, n, shape{})
	defer t.close()
	runtime.GC()
	stall(b, func() { time.Sleep(20 * time.Millisecond) }, func() { statsOf(t) })
}

// crowdReaper has the timer find that all are past their time, and measures how long
// cycles take beside that.
func crowdReaper(b *testing.B, _ string, n int) {
	const timeout = 1500 * time.Millisecond
	began := time.Now()
	t := crowd(b, ours, n, shape{timeout: timeout}).(*oursTaker)
	defer t.close()
	runtime.GC()
	time.Sleep(timeout - time.Since(began)) // before the first of them is due
	stall(b, func() { waitFor(t.p, 2) }, func() {
		l, err := t.p.Acquire(context.Background())
		if err != nil {
			b.Error(err)
			return
		}
		l.Release()
	})
}

func waitFor(p *resource.Pool[*fake], idle int) {
	for p.Stats().Idle > idle {
		time.Sleep(time.Millisecond)
	}
}
