package resource_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
)

// With Shed callers are refused early while the pool is overloaded. Here nothing comes
// back, so a caller waits for the target and the interval.
func ExampleConfig_shed() {
	pool, err := resource.New(resource.Config[*mailSession]{
		Open:      logins(),
		Close:     (*mailSession).close,
		MaxActive: 1,
		// #region shed
		Shed: policy.CoDel{Target: 5 * time.Millisecond, Interval: 50 * time.Millisecond},
		// #endregion shed
	})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	lease, err := pool.Acquire(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	defer lease.Release()
	_, err = pool.Acquire(context.Background())
	fmt.Println("refused early:", errors.Is(err, resource.ErrShed))
	fmt.Println("full:", errors.Is(err, resource.ErrExhausted))
	// Output:
	// refused early: true
	// full: true
}

// Work in the background leaves the last places to others.
func ExamplePool_AcquireBackground() {
	pool, err := resource.New(resource.Config[*mailSession]{
		Open:      logins(),
		Close:     (*mailSession).close,
		MaxActive: 2,
		Reserve:   1,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	request, err := pool.Acquire(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	// #region reserve
	cleanUp := func(ctx context.Context) error {
		lease, err := pool.AcquireBackground(ctx)
		if err != nil {
			return err // later
		}
		defer lease.Release()
		fmt.Println("cleans up with session", lease.Value().number)
		return nil
	}
	// #endregion reserve
	fmt.Println(cleanUp(context.Background()))
	request.Release()
	fmt.Println(cleanUp(context.Background()))
	// Output:
	// resource: pool is exhausted: the rest is reserved: 1 of 2 active (1 leased, 0 idle), 0 waiting
	// cleans up with session 1
	// <nil>
}

// With ReplaceAhead the successor of a session is open before the session ends.
func ExampleConfig_replaceAhead() {
	ready := make(chan struct{}, 1)
	login := logins()
	pool, err := resource.New(resource.Config[*mailSession]{
		Open: func(ctx context.Context) (*mailSession, error) {
			if resource.InAdvance(ctx) {
				defer func() { ready <- struct{}{} }()
			}
			return login(ctx)
		},
		Close: (*mailSession).close,
		// #region replace-ahead
		Lifetime:     policy.MaxAge(100 * time.Millisecond), // in practice an hour,
		ReplaceAhead: 40 * time.Millisecond,                 // and a minute
		// #endregion replace-ahead
	})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	lease, err := pool.Acquire(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	lease.Release()
	<-ready
	fmt.Println("another session was opened ahead")
	// Output:
	// another session was opened ahead
}
