package resource_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/respool/respool/resource"
)

// With CloseTimeout a Close that hangs holds its place for that long, and no longer.
func ExampleConfig_closeTimeout() {
	ctx := context.Background()
	gone := make(chan struct{}) // the server does not answer a logout any more
	pool, err := resource.New(resource.Config[*mailSession]{
		Open:         logins(),
		Close:        func(*mailSession) error { <-gone; return nil },
		MaxActive:    1,
		CloseTimeout: 10 * time.Millisecond,
	})
	if err != nil {
		log.Fatal(err)
	}

	first, err := pool.Acquire(ctx)
	if err != nil {
		log.Fatal(err)
	}
	first.Discard()
	second, err := pool.Acquire(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(second.Value().fetch("inbox"))
	second.Release()
	fmt.Println("shutdown:", pool.Shutdown(ctx))
	fmt.Println("abandoned:", pool.Stats().ClosesAbandoned)
	close(gone)
	// Output:
	// session 2: inbox
	// shutdown: <nil>
	// abandoned: 2
}
