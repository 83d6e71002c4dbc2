package resource_test

import (
	"context"
	"fmt"

	"github.com/respool/respool/resource"
)

// A pool of clients by address. At most two exist over all addresses.
func ExampleKeyed() {
	clients, err := resource.NewKeyed(resource.KeyedConfig[string, string]{
		MaxActive: 2,
		Config: func(addr string) (resource.Config[string], error) {
			return resource.Config[string]{
				Open: func(context.Context) (string, error) {
					fmt.Println("open", addr)
					return "client of " + addr, nil
				},
				Close: func(client string) error {
					fmt.Println("close", client)
					return nil
				},
			}, nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	for _, addr := range []string{"a:1", "b:1", "a:1", "c:1"} {
		lease, err := clients.Acquire(ctx, addr)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("use", lease.Value())
		lease.Release()
	}
	fmt.Println(clients.Stats().Closed.Displaced, "gave its place to another key")
	clients.Remove("a:1")
	clients.Close()
	// Output:
	// open a:1
	// use client of a:1
	// open b:1
	// use client of b:1
	// use client of a:1
	// close client of b:1
	// open c:1
	// use client of c:1
	// 1 gave its place to another key
	// close client of a:1
	// close client of c:1
}

// What a service does with the connections to a server that is gone.
func ExampleKeyed_Retire() {
	clients, err := resource.NewKeyed(resource.KeyedConfig[string, int]{
		Config: func(string) (resource.Config[int], error) {
			return resource.Config[int]{Open: func(context.Context) (int, error) { return 1, nil }}, nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer clients.Close()
	for _, addr := range []string{"a:1", "b:1"} {
		if err := clients.Do(context.Background(), addr, func(context.Context, int) error { return nil }); err != nil {
			fmt.Println(err)
		}
	}
	clients.Retire(func(addr string, _ int) bool { return addr == "a:1" })
	a, _ := clients.StatsOf("a:1")
	b, _ := clients.StatsOf("b:1")
	fmt.Println(a.Idle, b.Idle)
	// Output: 0 1
}
