package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
)

// A crowd is a pool with very many idle resources. What must not depend on how
// many they are: a turn, Stats, and what others feel while all are closed.

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
			add("turn", n, c, false, crowdTurn)
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

func crowdTurn(b *testing.B, contender string, n int) {
	t := crowd(b, contender, n, shape{timed: contender != puddleName})
	t.serial(b)
}

func crowdStats(b *testing.B, contender string, n int) {
	t := crowd(b, contender, n, shape{})
	for b.Loop() {
		idleIn(t)
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

// staleOurs has a timer, which would find them first. So all have their last
// instant in common, and with one processor the timer does not get it before the
// acquire.
func staleOurs(b *testing.B, n int) time.Duration {
	began := time.Now()
	c := oursConfig(shape{places: n + 10})
	const last = time.Second
	c.Lifetime = policy.LifetimeFunc(func(policy.Resource) policy.Life { return policy.Life{Until: policy.Instant(last)} })
	t := &oursTaker{mustNew(c)}
	fill(b, t, n)
	runtime.GC()
	procs := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(procs)
	if time.Since(began) > last {
		b.Fatalf("it took more than %v to open %d", last, n)
	}
	for time.Since(began) < last+10*time.Microsecond {
	}
	took := since(func() {
		if _, err := t.p.Acquire(context.Background()); err != nil {
			b.Error(err)
		}
	})
	if st := t.p.Stats(); st.Opened != uint64(n+1) {
		b.Errorf("%d were opened, should be one for each and one more: %+v", st.Opened, st)
	}
	return took
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

// stall calls look all the time, and returns how long that took at the most
// beside f, and in the middle.
func stall(f, look func()) (took, most, middle time.Duration) {
	stop, done := make(chan struct{}), make(chan []time.Duration)
	started := make(chan struct{})
	go func() {
		var all []time.Duration
		for {
			select {
			case <-stop:
				done <- all
				return
			default:
			}
			all = append(all, since(look))
			if len(all) == 1000 {
				close(started)
			}
		}
	}()
	<-started
	took = since(f)
	close(stop)
	all := <-done
	all = all[1000:]
	if len(all) == 0 {
		return took, took, took
	}
	slices.Sort(all)
	return took, all[len(all)-1], all[len(all)/2]
}

func crowdClose(b *testing.B, contender string, n int) {
	t := crowd(b, contender, n, shape{})
	runtime.GC()
	took, most, middle := stall(t.close, func() { idleIn(t) })
	b.ReportMetric(float64(took), "one-ns")
	b.ReportMetric(float64(most), "stall-max-ns")
	b.ReportMetric(float64(middle), "stall-p50-ns")
}

// crowdReaper has the timer find that all are past their time, and looks how long
// turns take beside that.
func crowdReaper(b *testing.B, _ string, n int) {
	t := crowd(b, ours, n, shape{timeout: 1500 * time.Millisecond}).(*oursTaker)
	runtime.GC()
	_, most, middle := stall(func() { waitFor(t.p, 2) }, func() {
		l, err := t.p.Acquire(context.Background())
		if err != nil {
			b.Error(err)
			return
		}
		l.Release()
	})
	b.ReportMetric(float64(most), "stall-max-ns")
	b.ReportMetric(float64(middle), "stall-p50-ns")
	t.close()
}

func waitFor(p *resource.Pool[*fake], idle int) {
	for p.Stats().Idle > idle {
		time.Sleep(time.Millisecond)
	}
}
