package main

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The parts are what a cycle consists of, each by itself. A cycle in the lane has one
// context.Err and two swaps, and one clock read if there are timeouts. Without the lane it
// has one swap, and takes the lock twice.
const (
	clockRead  = "clock-read"
	lockPair   = "lock-pair"
	swap       = "compare-and-swap"
	contextErr = "context-Err"
)

func partCases() (all []benchCase) {
	add := func(name string, f func(*testing.B)) {
		all = append(all, benchCase{work: "part", contender: name, procs: 2, bench: f})
	}
	add(clockRead, func(b *testing.B) {
		began := time.Now()
		for b.Loop() {
			if time.Since(began) < 0 {
				b.Fatal("it went backwards")
			}
		}
	})
	add(lockPair, func(b *testing.B) {
		var mu sync.Mutex
		n := 0
		for b.Loop() {
			mu.Lock()
			n++
			mu.Unlock()
		}
	})
	add(swap, func(b *testing.B) {
		var word atomic.Uint64
		for b.Loop() {
			w := word.Load()
			word.CompareAndSwap(w, w+1)
		}
	})
	add(contextErr, func(b *testing.B) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		for b.Loop() {
			if ctx.Err() != nil {
				b.Fatal("ended")
			}
		}
	})
	return all
}
