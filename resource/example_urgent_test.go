package resource_test

import (
	"context"
	"fmt"
	"log"

	"github.com/respool/respool/resource"
)

// A health check goes before all others that wait.
func ExamplePool_AcquireUrgent() {
	pool, err := resource.New(resource.Config[*mailSession]{
		Open:      logins(),
		Close:     (*mailSession).close,
		MaxActive: 1,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	// #region urgent
	healthy := func(ctx context.Context) error {
		lease, err := pool.AcquireUrgent(ctx)
		if err != nil {
			return err
		}
		defer lease.Release()
		fmt.Println("healthy,", lease.Value().fetch("status"))
		return nil
	}
	// #endregion urgent
	fmt.Println(healthy(context.Background()))
	// Output:
	// healthy, session 1: status
	// <nil>
}
