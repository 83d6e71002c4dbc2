package resource_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/respool/respool/resource"
)

// With OpenDetached an opening outlives a caller that has no more time. The next
// caller finds the resource.
func ExampleConfig_openDetached() {
	login := logins()
	ready := make(chan struct{})
	pool, err := resource.New(resource.Config[*mailSession]{
		Open: func(ctx context.Context) (*mailSession, error) {
			<-ready // a slow server
			return login(ctx)
		},
		Close:        (*mailSession).close,
		MaxActive:    1,
		OpenDetached: true,
		OpenTimeout:  time.Minute, // for openings that nobody waits for any more
	})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	_, err = pool.Acquire(ctx)
	fmt.Println("the first caller:", err)

	close(ready)
	lease, err := pool.Acquire(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	defer lease.Release()
	fmt.Println("the second caller:", lease.Value().fetch("inbox"))
	fmt.Println("opened", pool.Stats().Opened)
	// Output:
	// the first caller: context deadline exceeded while opening a resource: 1 of 1 active (0 leased, 0 idle, 1 opening), 0 waiting
	// the second caller: session 1: inbox
	// opened 1
}

// Resize changes the limits while the pool runs. Leased resources above a lower
// limit are closed when they come back.
func ExamplePool_Resize() {
	ctx := context.Background()
	pool, err := resource.New(resource.Config[*mailSession]{Open: logins(), Close: (*mailSession).close, MaxActive: 2})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	first, err := pool.Acquire(ctx)
	if err != nil {
		log.Fatal(err)
	}
	second, err := pool.Acquire(ctx)
	if err != nil {
		log.Fatal(err)
	}
	if err := pool.Resize(1, 1); err != nil { // MaxActive, MaxIdle
		log.Fatal(err)
	}
	fmt.Println("active:", pool.Stats().Active)
	first.Release()
	fmt.Println("active:", pool.Stats().Active)
	second.Release()
	fmt.Println("active:", pool.Stats().Active, "idle:", pool.Stats().Idle)
	// Output:
	// active: 2
	// active: 1
	// active: 1 idle: 1
}

// Detach takes a resource out of the pool, for a caller that will keep it.
func ExampleLease_Detach() {
	pool, err := resource.New(resource.Config[*mailSession]{Open: logins(), Close: (*mailSession).close, MaxActive: 1})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	lease, err := pool.Acquire(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	session, ok := lease.Detach()
	if !ok {
		log.Fatal("the lease was over")
	}
	defer session.close() // the pool does not know it any more
	fmt.Println(session.fetch("inbox"))
	fmt.Println("active:", pool.Stats().Active)
	// Output:
	// session 1: inbox
	// active: 0
}

// An acquire whose Open has failed returns an OpenError. It wraps the error of Open.
func ExampleOpenError() {
	errPassword := errors.New("wrong password")
	pool, err := resource.New(resource.Config[*mailSession]{
		Open: func(context.Context) (*mailSession, error) { return nil, errPassword },
	})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	_, err = pool.Acquire(context.Background())
	var open *resource.OpenError
	if errors.As(err, &open) {
		fmt.Println("could not open:", open.Err)
	}
	fmt.Println(errors.Is(err, errPassword))
	// Output:
	// could not open: wrong password
	// true
}

// A function that finds its resource broken says so with Broken. Do discards the
// resource, and returns the error.
func ExampleBroken() {
	ctx := context.Background()
	pool, err := resource.New(resource.Config[*mailSession]{Open: logins(), Close: (*mailSession).close, MaxActive: 1})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	errReset := errors.New("connection reset by peer")
	err = pool.Do(ctx, func(_ context.Context, s *mailSession) error { return resource.Broken(errReset) })
	fmt.Println(err, errors.Is(err, errReset))
	err = pool.Do(ctx, func(_ context.Context, s *mailSession) error {
		fmt.Println(s.fetch("inbox"))
		return nil
	})
	fmt.Println(err)
	// Output:
	// connection reset by peer true
	// session 2: inbox
	// <nil>
}

func ExamplePool_Retire() {
	ctx := context.Background()
	pool, err := resource.New(resource.Config[*mailSession]{Open: logins(), Close: (*mailSession).close})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	first, err := pool.Acquire(ctx)
	if err != nil {
		log.Fatal(err)
	}
	second, err := pool.Acquire(ctx)
	if err != nil {
		log.Fatal(err)
	}
	old := first.Value()
	second.Release()
	pool.Retire(func(s *mailSession) bool { return s == old })
	fmt.Println("active:", pool.Stats().Active)
	first.Release()
	fmt.Println("active:", pool.Stats().Active)
	// Output:
	// active: 2
	// active: 1
}
