package main

import (
	"context"
	"runtime"
	"sync"
	"testing"
)

// None of these is a pool. They are limits: no pool with a lock, or with a queue, can be
// expected to be faster.

// channelTaker is a buffered channel of resources.
type channelTaker struct{ idle chan *fake }

func newChannel(s shape) *channelTaker {
	t := &channelTaker{make(chan *fake, s.places)}
	for range s.places {
		t.idle <- new(fake)
	}
	return t
}

func (t *channelTaker) close() {}

func (t *channelTaker) serial(b *testing.B) {
	for b.Loop() {
		t.idle <- <-t.idle
	}
}

func (t *channelTaker) parallel(b *testing.B, pb *testing.PB, ctx context.Context, hold bool) {
	done := ctx.Done()
	for pb.Next() {
		var v *fake
		if done == nil {
			v = <-t.idle
		} else {
			select {
			case v = <-t.idle:
			case <-done:
				b.Error(ctx.Err())
				return
			}
		}
		if hold {
			runtime.Gosched()
		}
		t.idle <- v
	}
}

// syncPoolTaker is a sync.Pool, which has no limit and may drop what it has.
type syncPoolTaker struct{ p sync.Pool }

func (t *syncPoolTaker) close() {}

func (t *syncPoolTaker) serial(b *testing.B) {
	for b.Loop() {
		v := t.p.Get().(*fake)
		t.p.Put(v)
	}
}

func (t *syncPoolTaker) parallel(_ *testing.B, pb *testing.PB, _ context.Context, _ bool) {
	for pb.Next() {
		v := t.p.Get().(*fake)
		t.p.Put(v)
	}
}

// mutexTaker is a count under a lock, which stands in a cache line of its own.
type mutexTaker struct {
	_  [64]byte
	mu sync.Mutex
	n  int
	_  [64]byte
}

func (t *mutexTaker) close() {}

func (t *mutexTaker) serial(b *testing.B) {
	for b.Loop() {
		t.mu.Lock()
		t.n++
		t.mu.Unlock()
		t.mu.Lock()
		t.n--
		t.mu.Unlock()
	}
}

func (t *mutexTaker) parallel(_ *testing.B, pb *testing.PB, _ context.Context, _ bool) {
	for pb.Next() {
		t.mu.Lock()
		t.n++
		t.mu.Unlock()
		t.mu.Lock()
		t.n--
		t.mu.Unlock()
	}
}

// noneTaker only yields the processor: the part of a forced hand-off that no pool can
// avoid.
type noneTaker struct{}

func (noneTaker) close()              {}
func (noneTaker) serial(b *testing.B) {}

func (noneTaker) parallel(_ *testing.B, pb *testing.PB, _ context.Context, _ bool) {
	for pb.Next() {
		runtime.Gosched()
	}
}
