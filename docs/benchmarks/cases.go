package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// benchCase is one contender at one work.
type benchCase struct {
	work, contender string
	procs           int // GOMAXPROCS
	bench           func(b *testing.B)
	// once: the work is one long operation, measured once in a sample. It reports its
	// figures itself.
	once bool
	// latency: the case reports p99.9, and needs many cycles for it.
	latency bool
}

func (c *benchCase) name() string { return c.work + "/" + c.contender }

func allCases() []benchCase {
	var all []benchCase
	all = append(all, partCases()...)
	all = append(all, serialCases()...)
	all = append(all, parallelCases()...)
	all = append(all, waitingCases()...)
	all = append(all, otherCases()...)
	all = append(all, crowdCases()...)
	return append(all, redisCases()...)
}

const roomy = 256 // places, so that no goroutine waits for one

func pools() []string { return []string{ours, redisOurs, redigo, puddleName, sqlName} }

// serialCases has one goroutine that takes an idle resource and gives it back: the cost
// that every caller pays.
func serialCases() (all []benchCase) {
	serial := func(work, contender string, s shape) {
		all = append(all, benchCase{work: work, contender: contender, procs: 2, bench: func(b *testing.B) {
			t := makers()[contender](s)
			defer t.close()
			t.serial(b)
		}})
	}
	for _, c := range append(pools(), plain, channel, syncPool, mutexes) {
		serial("serial/bare", c, shape{places: roomy})
	}
	for _, c := range append(pools(), plain) {
		if c != puddleName { // has no timeouts
			serial("serial/timeouts", c, shape{places: roomy, timed: true})
		}
	}
	for _, c := range []string{ours, plain, measured, observed, watched} {
		serial("watched/bare", c, shape{places: roomy})
		serial("watched/timeouts", c, shape{places: roomy, timed: true})
	}
	return all
}

// spread is a case with goroutines on all processors.
func spread(work, contender string, procs, perProc int, s shape, ctx func() (context.Context, func()), hold bool) benchCase {
	return benchCase{work: work, contender: contender, procs: procs, bench: func(b *testing.B) {
		var t taker = noneTaker{}
		if contender != nothing {
			t = makers()[contender](s)
		}
		defer t.close()
		c, cancel := ctx()
		defer cancel()
		b.SetParallelism(perProc)
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) { t.parallel(b, pb, c, hold) })
		b.StopTimer()
		reportWaits(b, t)
	}}
}

func background() (context.Context, func()) { return context.Background(), func() {} }

func cancellable() (context.Context, func()) { return context.WithCancel(context.Background()) }

// reportWaits reports which share of the cycles had to wait, if the pool counts that.
func reportWaits(b *testing.B, t taker) {
	if n, ok := waitsOf(t); ok {
		b.ReportMetric(float64(n)/float64(b.N), "waits/op")
	}
}

func waitsOf(t taker) (n int64, ok bool) {
	switch t := t.(type) {
	case *oursTaker:
		return t.p.Stats().WaitCount, true
	case *connTaker:
		return t.p.Stats().WaitCount, true
	case *sqlTaker:
		return t.p.Stats().WaitCount, true
	case *puddleTaker: // which counts what found nothing idle after its wait, and all that was canceled
		st := t.p.Stat()
		return st.EmptyAcquireCount() + st.CanceledAcquireCount(), true
	}
	return 0, false
}

// parallelCases has enough places, so goroutines wait only for locks.
func parallelCases() (all []benchCase) {
	for _, procs := range []int{1, 2, 4, 8} {
		for _, per := range []int{1, 8, 64} {
			s := shape{places: max(roomy, procs*per)}
			for _, c := range append(pools(), plain, channel, syncPool, mutexes) {
				all = append(all, spread(fmt.Sprintf("parallel/%d-per-P/%d-procs", per, procs), c, procs, per, s, background, false))
			}
			if procs != 2 {
				continue
			}
			s.timed = true
			for _, c := range []string{ours, plain, redisOurs, redigo, sqlName} {
				all = append(all, spread(fmt.Sprintf("parallel-timeouts/%d-per-P/%d-procs", per, procs), c, procs, per, s, background, false))
			}
		}
	}
	return all
}

const few = 4 // places, for many goroutines

// waitingCases has few places. In the convoys each goroutine gives its resource back at
// once, so it is chance whether another one waits. In the hand-offs it yields the processor
// while it has the resource, so nearly every cycle has to wait.
func waitingCases() (all []benchCase) {
	contenders := append(pools(), channel)
	for _, per := range []int{8, 64} {
		for _, c := range contenders {
			all = append(all, spread(fmt.Sprintf("convoy/%d-per-P", per), c, 2, per, shape{places: few}, background, false))
		}
	}
	for _, c := range append(contenders, nothing) {
		all = append(all, spread("hand-off/background", c, 2, 64, shape{places: few}, background, true))
		if c != nothing {
			all = append(all, spread("hand-off/cancellable", c, 2, 64, shape{places: few}, cancellable, true))
		}
	}
	return all
}

// otherCases has what happens less often.
func otherCases() (all []benchCase) {
	for _, c := range []string{ours, redisOurs, redigo, sqlName} { // puddle keeps what it has opened
		all = append(all, serialOf("open-and-close", c, shape{places: few, none: true}))
	}
	for _, c := range []string{ours, redisOurs, redigo} { // the others test nothing
		all = append(all, serialOf("borrow-test", c, shape{places: few, test: true}))
	}
	for _, c := range []string{redisOurs, redigo} {
		all = append(all,
			serialOf("borrow-test-idiom/bare", c, shape{places: few, idiom: true}),
			serialOf("borrow-test-idiom/timeouts", c, shape{places: few, idiom: true, timed: true}),
			serialOf("borrow-test-after-a-minute/bare", c, shape{places: few, gate: true}),
			serialOf("borrow-test-after-a-minute/timeouts", c, shape{places: few, gate: true, timed: true}))
	}
	for _, c := range pools() {
		all = append(all, benchCase{work: "canceled-wait", contender: c, procs: 1, bench: func(b *testing.B) { canceledWaits(b, c) }})
	}
	return all
}

func serialOf(work, contender string, s shape) benchCase {
	return benchCase{work: work, contender: contender, procs: 2, bench: func(b *testing.B) {
		t := makers()[contender](s)
		defer t.close()
		t.serial(b)
	}}
}

// canceledWaits takes the only place, and has a caller wait for it. The caller's context is
// canceled as soon as it waits: there is one processor, so the goroutine that cancels
// runs when the caller has parked.
func canceledWaits(b *testing.B, contender string) {
	t := makers()[contender](shape{places: 1})
	defer t.close()
	take := takeOnce(t)
	release, err := take(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	defer release()
	for b.Loop() {
		ctx, cancel := context.WithCancel(context.Background())
		go cancel()
		if _, err := take(ctx); !errors.Is(err, context.Canceled) {
			b.Fatal(err)
		}
	}
	reportWaits(b, t)
}

// takeOnce takes a resource of a pool, and returns a function that gives it back.
func takeOnce(t taker) func(context.Context) (func(), error) {
	return func(ctx context.Context) (func(), error) {
		switch t := t.(type) {
		case *oursTaker:
			l, err := t.p.Acquire(ctx)
			return func() { l.Release() }, err
		case *connTaker:
			c, err := t.p.GetContext(ctx)
			return func() { c.Close() }, err
		case *puddleTaker:
			r, err := t.p.Acquire(ctx)
			return func() { r.Release() }, err
		case *sqlTaker:
			c, err := t.p.Conn(ctx)
			return func() { c.Close() }, err
		}
		panic(fmt.Sprintf("takes nothing from a %T", t))
	}
}

// title says in words what a work is.
func title(work string) string {
	for prefix, words := range map[string]string{
		"serial/":            "one goroutine",
		"parallel/":          "places enough",
		"parallel-timeouts/": "places enough, with timeouts",
		"convoy/":            "4 places, held for no time",
		"hand-off/":          "4 places, 64 goroutines per P, held across a Gosched",
	} {
		if rest, ok := strings.CutPrefix(work, prefix); ok {
			return words + ": " + strings.ReplaceAll(strings.ReplaceAll(rest, "/", ", "), "-", " ")
		}
	}
	return strings.ReplaceAll(strings.ReplaceAll(work, "/", ", "), "-", " ")
}

// since is the time that f takes.
func since(f func()) time.Duration {
	began := time.Now()
	f()
	return time.Since(began)
}
