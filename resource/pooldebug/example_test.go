package pooldebug_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/pooldebug"
)

func Example() {
	pool, err := resource.New(resource.Config[string]{
		Open:      func(context.Context) (string, error) { return "a connection", nil },
		MaxActive: 2,
	})
	if err != nil {
		panic(err)
	}
	defer pool.Close()
	var pools pooldebug.Handler
	if err := pools.Add("orders", pool); err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/debug/pools", &pools)

	for range 2 {
		lease, err := pool.Acquire(context.Background())
		if err != nil {
			panic(err)
		}
		defer lease.Release()
	}
	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, httptest.NewRequest("GET", "/debug/pools", nil))
	fmt.Println(strings.TrimSpace(answer.Body.String()))
	// Output:
	// orders: 2 of 2 exist: 2 leased, 0 testing, 0 opening, 0 closing, 0 idle; 0 waiting
	//   ! At the limit: all 2 are leased. The next caller waits or is refused.
}

func ExampleKeyed() {
	tenants, err := resource.NewKeyed(resource.KeyedConfig[string, string]{
		Config: func(tenant string) (resource.Config[string], error) {
			return resource.Config[string]{
				Open: func(context.Context) (string, error) { return "a connection for " + tenant, nil },
			}, nil
		},
	})
	if err != nil {
		panic(err)
	}
	defer tenants.Close()
	var pools pooldebug.Handler
	if err := pools.AddGroup("tenants", pooldebug.Keyed(tenants, nil)); err != nil {
		panic(err)
	}

	for _, tenant := range []string{"a", "b", "b"} {
		lease, err := tenants.Acquire(context.Background(), tenant)
		if err != nil {
			panic(err)
		}
		defer lease.Release()
	}
	answer := httptest.NewRecorder()
	pools.ServeHTTP(answer, httptest.NewRequest("GET", "/debug/pools?pool=tenants&key=b", nil))
	first, _, _ := strings.Cut(answer.Body.String(), "\n")
	fmt.Println(first)
	// Output:
	// tenants, key b: 2 exist: 2 leased, 0 testing, 0 opening, 0 closing, 0 idle; 0 waiting
}

// Pools that come and go are inspected anew for each request, such as those of the nodes of a
// redispool.Cluster.
func ExampleHandler_AddEach() {
	nodes := map[string]*resource.Pool[string]{}
	for _, addr := range []string{"10.0.0.1:6379", "10.0.0.2:6379"} {
		pool, err := resource.New(resource.Config[string]{
			Open: func(context.Context) (string, error) { return "a connection", nil },
		})
		if err != nil {
			panic(err)
		}
		defer pool.Close()
		nodes[addr] = pool
	}
	var pools pooldebug.Handler
	err := pools.AddEach("orders", func() map[string]resource.Inspection {
		all := map[string]resource.Inspection{}
		for addr, pool := range nodes {
			all[addr] = pool.Inspect()
		}
		return all
	})
	if err != nil {
		panic(err)
	}
	show := func() {
		answer := httptest.NewRecorder()
		pools.ServeHTTP(answer, httptest.NewRequest("GET", "/debug/pools", nil))
		for line := range strings.Lines(answer.Body.String()) {
			if name, _, ok := strings.Cut(line, ": "); ok {
				fmt.Println(name)
			}
		}
	}
	show()
	delete(nodes, "10.0.0.1:6379")
	fmt.Println("a node has left")
	show()
	// Output:
	// orders/10.0.0.1:6379
	// orders/10.0.0.2:6379
	// a node has left
	// orders/10.0.0.2:6379
}
