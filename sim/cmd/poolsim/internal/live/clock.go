package live

import (
	"container/heap"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// clock wakes sleepers within microseconds. The timers of Go and of most systems are late
// by a part of a millisecond, which would be a part of every lease. So one goroutine here
// only looks at the time. It takes a processor.
type clock struct {
	begin time.Time
	next  atomic.Int64 // the earliest deadline, nanoseconds since begin
	quit  chan struct{}
	done  chan struct{}
	naps  bool

	mu       sync.Mutex
	sleepers sleepers
}

type sleeper struct {
	until time.Duration
	wake  chan struct{}
}

// lastNap is longer than a timer is late on an idle machine. A nap takes a thread.
const lastNap = 2 * time.Millisecond

const never = int64(1<<63 - 1)

// coarseClock sleeps by timers, and takes no processor.
func coarseClock() *clock { return &clock{begin: time.Now()} }

// nappingClock is a coarse clock, but where the system allows it, the system and not a timer
// ends a sleep. Go's timers may be late by a millisecond on an idle machine.
func nappingClock() *clock { return &clock{begin: time.Now(), naps: true} }

func newClock() *clock {
	c := &clock{begin: time.Now(), quit: make(chan struct{}), done: make(chan struct{})}
	c.next.Store(never)
	go c.run()
	return c
}

// stop ends the clock. Nobody may sleep by it any more.
func (c *clock) stop() {
	if c.quit == nil {
		return
	}
	close(c.quit)
	<-c.done
}

func (c *clock) now() time.Duration { return time.Since(c.begin) }

// sleep sleeps until an instant of the clock.
func (c *clock) sleep(until time.Duration) {
	if c.now() >= until {
		return
	}
	if c.naps {
		time.Sleep(until - c.now() - lastNap)
		nap(until - c.now())
		return
	}
	if c.quit == nil {
		time.Sleep(until - c.now())
		return
	}
	s := sleeper{until, make(chan struct{})}
	c.add(s)
	<-s.wake
}

// alarm returns a channel that is closed at an instant of the clock.
func (c *clock) alarm(at time.Duration) <-chan struct{} {
	s := sleeper{at, make(chan struct{})}
	if c.quit == nil {
		time.AfterFunc(at-c.now(), func() { close(s.wake) })
		return s.wake
	}
	c.add(s)
	return s.wake
}

// add has the clock wake a sleeper.
func (c *clock) add(s sleeper) {
	c.mu.Lock()
	defer c.mu.Unlock()
	heap.Push(&c.sleepers, s)
	c.next.Store(int64(c.sleepers[0].until))
}

func (c *clock) run() {
	defer close(c.done)
	for i := 0; ; i++ {
		if int64(c.now()) >= c.next.Load() {
			c.ring()
			runtime.Gosched() // a goroutine that was woken runs here, at once
		}
		if i%1024 == 0 {
			select {
			case <-c.quit:
				return
			default:
				runtime.Gosched()
			}
		}
	}
}

func (c *clock) ring() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.sleepers) > 0 && c.sleepers[0].until <= c.now() {
		close(heap.Pop(&c.sleepers).(sleeper).wake)
	}
	if len(c.sleepers) > 0 {
		c.next.Store(int64(c.sleepers[0].until))
	} else {
		c.next.Store(never)
	}
}

// sleepers is a heap, the earliest first.
type sleepers []sleeper

func (s sleepers) Len() int           { return len(s) }
func (s sleepers) Less(i, j int) bool { return s[i].until < s[j].until }
func (s sleepers) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s *sleepers) Push(x any)        { *s = append(*s, x.(sleeper)) }
func (s *sleepers) Pop() any {
	last := len(*s) - 1
	x := (*s)[last]
	*s = (*s)[:last]
	return x
}
