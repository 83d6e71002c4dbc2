package poolprom_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/poolprom"
)

// print prints the metrics of a registry whose names have one of these ends, as Prometheus reads them.
func print(registry *prometheus.Registry, ends ...string) {
	families, err := registry.Gather()
	if err != nil {
		fmt.Println(err)
	}
	for _, f := range families {
		for _, end := range ends {
			if strings.HasSuffix(f.GetName(), end) {
				f.Help = nil
				expfmt.MetricFamilyToText(os.Stdout, f)
			}
		}
	}
}

func open(context.Context) (string, error) { return "a connection", nil }

func ExampleCollector() {
	pool, err := resource.New(resource.Config[string]{Open: open, MaxActive: 8})
	if err != nil {
		panic(err)
	}
	defer pool.Close()
	pools := poolprom.New(poolprom.Options{})
	registry := prometheus.NewRegistry()
	registry.MustRegister(pools)
	if err := pools.Add("orders", pool.Stats); err != nil {
		panic(err)
	}

	lease, err := pool.Acquire(context.Background())
	if err != nil {
		panic(err)
	}
	print(registry, "pool_in_use_connections", "_max_open_connections", "acquired_total")
	lease.Release()
	// Output:
	// # TYPE resource_pool_acquired_total counter
	// resource_pool_acquired_total{pool="orders"} 1
	// # TYPE resource_pool_in_use_connections gauge
	// resource_pool_in_use_connections{pool="orders"} 1
	// # TYPE resource_pool_max_open_connections gauge
	// resource_pool_max_open_connections{pool="orders"} 8
}

// A pool of many keys is one pool to Prometheus. A key's own figures can be added under a name of its own.
func ExampleCollector_Add_keyed() {
	tenants, err := resource.NewKeyed(resource.KeyedConfig[string, string]{
		Config:    func(string) (resource.Config[string], error) { return resource.Config[string]{Open: open}, nil },
		MaxActive: 8,
	})
	if err != nil {
		panic(err)
	}
	defer tenants.Close()
	pools := poolprom.New(poolprom.Options{})
	registry := prometheus.NewRegistry()
	registry.MustRegister(pools)
	if err := pools.Add("tenants", tenants.Stats); err != nil {
		panic(err)
	}

	for _, tenant := range []string{"a", "b"} {
		lease, err := tenants.Acquire(context.Background(), tenant)
		if err != nil {
			panic(err)
		}
		defer lease.Release()
	}
	print(registry, "pool_in_use_connections")
	// Output:
	// # TYPE resource_pool_in_use_connections gauge
	// resource_pool_in_use_connections{pool="tenants"} 2
}

func ExampleNewGoSQL() {
	pool, err := resource.New(resource.Config[string]{Open: open, MaxActive: 8})
	if err != nil {
		panic(err)
	}
	defer pool.Close()
	registry := prometheus.NewRegistry()
	registry.MustRegister(poolprom.NewGoSQL("orders", pool.Stats))
	print(registry, "max_open_connections", "idle_connections")
	// Output:
	// # TYPE go_sql_idle_connections gauge
	// go_sql_idle_connections{db_name="orders"} 0
	// # TYPE go_sql_max_open_connections gauge
	// go_sql_max_open_connections{db_name="orders"} 8
}
