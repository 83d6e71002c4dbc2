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

// Inspect shows each resource and each waiter, where Stats only counts them.
func ExamplePool_Inspect() {
	pool, err := resource.New(resource.Config[*mailSession]{
		Open:      logins(),
		Close:     (*mailSession).close,
		MaxActive: 4,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	ctx := context.Background()
	for range 2 {
		lease, err := pool.Acquire(ctx)
		if err != nil {
			log.Fatal(err)
		}
		defer lease.Release()
	}
	third, err := pool.Acquire(ctx)
	if err != nil {
		log.Fatal(err)
	}
	third.Release()

	in := pool.Inspect()
	for _, r := range in.Resources {
		fmt.Printf("resource %d: %s, lent %d times\n", r.Number, r.State, r.Uses)
	}
	fmt.Println("waiters:", len(in.Waiters))
	// Output:
	// resource 1: leased, lent 1 times
	// resource 2: leased, lent 1 times
	// resource 3: idle, lent 1 times
	// waiters: 0
}

// A holder that keeps a resource for long asks now and then whether it should give it back.
func ExampleLease_Outdated() {
	pool, err := resource.New(resource.Config[*mailSession]{Open: logins(), Close: (*mailSession).close})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	ctx := context.Background()
	lease, err := pool.Acquire(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(lease.Value().number, lease.Outdated())

	pool.Reset() // the password has changed, for example
	if lease.Outdated() {
		lease.Release() // closes the session
		if lease, err = pool.Acquire(ctx); err != nil {
			log.Fatal(err)
		}
	}
	defer lease.Release()
	fmt.Println(lease.Value().number, lease.Outdated())
	// Output:
	// 1 false
	// 2 false
}

// Which tenant has the most resources, of those that have a pool now?
func ExampleKeyed_StatsByKey() {
	tenants, err := resource.NewKeyed(resource.KeyedConfig[string, *mailSession]{
		MaxActive: 10,
		Config: func(string) (resource.Config[*mailSession], error) {
			return resource.Config[*mailSession]{Open: logins(), Close: (*mailSession).close}, nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer tenants.Close()
	for _, tenant := range []string{"a", "b", "b", "b", "c"} {
		lease, err := tenants.Acquire(context.Background(), tenant)
		if err != nil {
			log.Fatal(err)
		}
		defer lease.Release()
	}

	most, tenant := 0, ""
	for key, st := range tenants.StatsByKey() {
		if st.Active > most {
			most, tenant = st.Active, key
		}
	}
	fmt.Printf("%s has %d of %d\n", tenant, most, tenants.Stats().Active)
	// Output:
	// b has 3 of 5
}

// While the other end is down, one resource at a time is opened, with pauses. Meanwhile an
// acquire that does not wait learns why it gets nothing.
func ExampleConfig_openBackoff() {
	pool, err := resource.New(resource.Config[*mailSession]{
		Open:        func(context.Context) (*mailSession, error) { return nil, errors.New("connection refused") },
		Close:       (*mailSession).close,
		OpenBackoff: policy.Backoff{First: time.Minute, Max: time.Hour},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	ctx := context.Background()
	_, err = pool.TryAcquire(ctx)
	fmt.Println(err)
	_, err = pool.TryAcquire(ctx) // opens nothing, since the pause is not over
	var held *resource.HeldError
	if errors.As(err, &held) {
		fmt.Println(held)
	}
	fmt.Println("openings:", pool.Stats().OpenFailed)
	// Output:
	// resource: open: connection refused
	// resource: opens are held back after a failure: resource: open: connection refused
	// openings: 1
}
