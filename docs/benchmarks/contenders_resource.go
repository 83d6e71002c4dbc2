package main

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
)

func newOurs(s shape) *resource.Pool[*fake] { return mustNew(oursConfig(s)) }

func mustNew(c resource.Config[*fake]) *resource.Pool[*fake] {
	p, err := resource.New(c)
	if err != nil {
		panic(err)
	}
	return p
}

func oursConfig(s shape) resource.Config[*fake] {
	c := resource.Config[*fake]{
		Open:      func(context.Context) (*fake, error) { return new(fake), nil },
		Close:     (*fake).Close,
		MaxActive: s.places,
	}
	if s.timed || s.timeout > 0 {
		c.Eviction, c.Lifetime = policy.IdleTimeout(s.idleTimeout()), policy.MaxAge(lifetime)
	}
	if s.none {
		c.MaxIdle = resource.KeepNone
	}
	if s.test {
		c.BorrowTest = policy.Test(func(context.Context, *fake, time.Time) error { return nil })
	}
	return c
}

// newPlain is our pool under FIFO, for which there is no lane.
func newPlain(s shape) *resource.Pool[*fake] {
	c := oursConfig(s)
	c.Order = policy.FIFO
	return mustNew(c)
}

// newWatched is our pool with an observer, histograms, or both.
func newWatched(s shape, o resource.Observer, histograms bool) *resource.Pool[*fake] {
	c := oursConfig(s)
	c.Observer, c.Histograms = o, histograms
	return mustNew(c)
}

// idleObserver does nothing, so all of what it costs is the pool's.
type idleObserver struct{}

func (idleObserver) Observe(resource.Event) {}

type oursTaker struct{ p *resource.Pool[*fake] }

func (t *oursTaker) close() { t.p.Close() }

func (t *oursTaker) serial(b *testing.B) {
	ctx := context.Background()
	for b.Loop() {
		l, err := t.p.Acquire(ctx)
		if err != nil {
			b.Fatal(err)
		}
		l.Release()
	}
}

func (t *oursTaker) parallel(b *testing.B, pb *testing.PB, ctx context.Context, hold bool) {
	for pb.Next() {
		l, err := t.p.Acquire(ctx)
		if err != nil {
			b.Error(err)
			return
		}
		if hold {
			runtime.Gosched()
		}
		l.Release()
	}
}
