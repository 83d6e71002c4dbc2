package resource_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
)

// With TestIdleEvery an idle resource is tested in the background, here to keep its
// session with the server alive. A borrow is not tested.
func ExampleConfig_testIdleEvery() {
	alive := make(chan int)
	noop := func(ctx context.Context, s *mailSession, _ time.Time) error {
		if resource.WhileIdle(ctx) {
			alive <- s.number // NOOP
		}
		return nil
	}
	pool, err := resource.New(resource.Config[*mailSession]{
		Open:          logins(),
		Close:         (*mailSession).close,
		BorrowTest:    policy.IfIdleFor(time.Hour, policy.Test(noop)),
		TestIdleEvery: 10 * time.Millisecond, // in practice a minute or more
	})
	if err != nil {
		log.Fatal(err)
	}

	lease, err := pool.Acquire(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	lease.Release()
	for range 2 {
		fmt.Println("kept alive: session", <-alive)
	}
	go func() {
		for range alive { // until the pool is closed
		}
	}()
	pool.Close()
	// Output:
	// kept alive: session 1
	// kept alive: session 1
}
