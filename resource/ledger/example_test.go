package ledger_test

import (
	"fmt"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// Drive a pool of one resource by hand: the owner makes up the time, opens and
// closes, and does the work of every event.
func Example() {
	l := ledger.New(ledger.Config{
		MaxActive:  1,
		MaxIdle:    1,
		MaxWaiters: ledger.NoLimit,
		Eviction:   policy.IdleTimeout(time.Minute),
	})
	now := ledger.Instant(0)

	a := l.Acquire(now, nil)
	fmt.Println("first:", a)
	a = l.Opened(now, a.Handle) // it has opened a resource
	fmt.Println("first:", a)

	second := &ledger.Waiter{Tag: "second"}
	fmt.Println("second:", l.Acquire(now, second))

	fmt.Println("first:", l.Release(now, a.Handle))
	work := l.Take()
	for w := work.NextWake(); w != nil; w = work.NextWake() {
		fmt.Printf("wake %v: %v\n", w.Tag, w.Answer())
	}

	fmt.Println("second:", l.Release(now, second.Answer().Handle))

	now = l.NextDeadline()
	l.Advance(now)
	work = l.Take()
	for h, ok := work.NextClose(); ok; h, ok = work.NextClose() {
		fmt.Printf("at %v close %v: %v\n", now, h, l.Why(h))
		l.Closed(now, h) // it has closed the resource
	}

	// Output:
	// first: open slot 1.1
	// first: granted slot 1.1
	// second: wait
	// first: done
	// wake second: granted slot 1.2
	// second: done
	// at 1m0.000000001s close slot 1.3: idle too long
}
