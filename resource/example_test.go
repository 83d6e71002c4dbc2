package resource_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"sync/atomic"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
)

// mailSession stands for something that is costly to open: here opening means to
// log in.
type mailSession struct{ number int }

func (s *mailSession) fetch(box string) string { return "session " + fmt.Sprint(s.number) + ": " + box }
func (s *mailSession) close() error            { return nil } // it waits for no answer

// logins returns a function that logs in, and numbers the sessions.
func logins() func(context.Context) (*mailSession, error) {
	var n atomic.Int32 // Open is called concurrently
	return func(context.Context) (*mailSession, error) {
		return &mailSession{number: int(n.Add(1))}, nil
	}
}

// A pool of sessions with a mail server.
func Example() {
	ctx := context.Background()
	pool, err := resource.New(resource.Config[*mailSession]{
		Open:      logins(),
		Close:     (*mailSession).close,
		MaxActive: 10,
		Eviction:  policy.IdleTimeout(5 * time.Minute),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	read := func(box string) error {
		lease, err := pool.Acquire(ctx)
		if err != nil {
			return err
		}
		defer lease.Release()
		fmt.Println(lease.Value().fetch(box))
		return nil
	}
	for _, box := range []string{"inbox", "drafts", "sent"} {
		if err := read(box); err != nil {
			log.Fatal(err)
		}
	}

	st := pool.Stats()
	fmt.Println("acquired", st.Acquired, "times, opened", st.Opened)
	// Output:
	// session 1: inbox
	// session 1: drafts
	// session 1: sent
	// acquired 3 times, opened 1
}

// Do gives the resource back on every way out.
func ExamplePool_Do() {
	pool, err := resource.New(resource.Config[*mailSession]{Open: logins()})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	err = pool.Do(context.Background(), func(_ context.Context, s *mailSession) error {
		fmt.Println(s.fetch("inbox"))
		return errors.New("mailbox is locked")
	})
	fmt.Println(err)
	fmt.Println("idle:", pool.Stats().Idle)
	// Output:
	// session 1: inbox
	// mailbox is locked
	// idle: 1
}

// TryAcquire is for callers that have something better to do than to wait.
func ExamplePool_TryAcquire() {
	ctx := context.Background()
	pool, err := resource.New(resource.Config[*mailSession]{Open: logins(), MaxActive: 1})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	first, err := pool.TryAcquire(ctx)
	fmt.Println("first:", err)
	_, err = pool.TryAcquire(ctx)
	fmt.Println("second:", err)
	first.Release()
	_, err = pool.TryAcquire(ctx)
	fmt.Println("third:", err)
	// Output:
	// first: <nil>
	// second: resource: pool is exhausted: 1 of 1 active (1 leased, 0 idle), 0 waiting
	// third: <nil>
}

// A caller that finds a resource broken discards it, and the pool opens another
// when one is needed. The deferred Release then does nothing.
func ExampleLease_Discard() {
	ctx := context.Background()
	pool, err := resource.New(resource.Config[*mailSession]{Open: logins()})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	read := func(connected bool) {
		lease, err := pool.Acquire(ctx)
		if err != nil {
			log.Fatal(err)
		}
		defer lease.Release()
		if !connected {
			lease.Discard()
			return
		}
		fmt.Println(lease.Value().fetch("inbox"))
	}
	read(true)
	read(false)
	read(true)
	// Output:
	// session 1: inbox
	// session 2: inbox
}

// Shutdown waits for resources in use until its context ends.
func ExamplePool_Shutdown() {
	pool, err := resource.New(resource.Config[*mailSession]{Open: logins()})
	if err != nil {
		log.Fatal(err)
	}
	lease, err := pool.Acquire(context.Background())
	if err != nil {
		log.Fatal(err)
	}

	ctx, cancel := context.WithCancel(context.Background())
	cancel() // there is no time left
	fmt.Println(pool.Shutdown(ctx))

	lease.Release()
	fmt.Println(pool.Shutdown(context.Background()))
	// Output:
	// resource: shutdown incomplete, 1 leased: context canceled
	// <nil>
}

// Policies decide which resources a pool keeps.
func ExampleConfig() {
	alive := func(ctx context.Context, s *mailSession, lastUsed time.Time) error {
		return nil // ask the server
	}
	pool, err := resource.New(resource.Config[*mailSession]{
		Open:  logins(),
		Close: (*mailSession).close,

		MaxActive:   20,
		MinIdle:     2,
		WaitTimeout: 3 * time.Second,

		// At most an hour old, with jitter so that not all are replaced at once;
		// at most a thousand uses.
		Lifetime: policy.Earliest(policy.MaxAgeJitter(time.Hour, 10*time.Minute), policy.MaxUses(1000)),
		// Idle for at most five minutes, but two may stay for longer.
		Eviction: policy.SoftIdleTimeout(5*time.Minute, 2),
		// Tested when it has not been used for a while, for a second at most.
		BorrowTest: policy.Within(time.Second, policy.IfIdleFor(30*time.Second, policy.Test(alive))),
	})
	fmt.Println(err)
	pool.Close()

	_, err = resource.New(resource.Config[*mailSession]{Open: logins(), MaxActive: 5, MinIdle: 6})
	fmt.Println(err)
	// Output:
	// <nil>
	// resource: Config.MinIdle is 6, above Config.MaxActive, which is 5
}

// After a failover all sessions are with the wrong server. A session in use stays
// usable, and is closed when it comes back.
func ExamplePool_Reset() {
	ctx := context.Background()
	pool, err := resource.New(resource.Config[*mailSession]{Open: logins()})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	lease, err := pool.Acquire(ctx)
	if err != nil {
		log.Fatal(err)
	}
	pool.Reset()
	fmt.Println(lease.Value().fetch("inbox"))
	lease.Release()

	lease, err = pool.Acquire(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(lease.Value().fetch("inbox"))
	lease.Release()
	// Output:
	// session 1: inbox
	// session 2: inbox
}
