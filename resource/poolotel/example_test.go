package poolotel_test

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/poolotel"
)

func Example() {
	reader := metric.NewManualReader() // in a program: that of an exporter
	meters := metric.NewMeterProvider(metric.WithReader(reader))

	exporter, err := poolotel.New(poolotel.Options{MeterProvider: meters})
	if err != nil {
		panic(err)
	}
	pool, err := resource.New(resource.Config[string]{
		Name:     "orders",
		Observer: exporter,
		Open:     func(context.Context) (string, error) { return "a connection", nil },
	})
	if err != nil {
		panic(err)
	}
	defer pool.Close()
	if err := exporter.Add("orders", pool.Stats); err != nil {
		panic(err)
	}

	lease, err := pool.Acquire(context.Background())
	if err != nil {
		panic(err)
	}
	lease.Release()
	var all metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &all); err != nil {
		panic(err)
	}
	for _, m := range all.ScopeMetrics[0].Metrics {
		if h, ok := m.Data.(metricdata.Histogram[float64]); ok {
			fmt.Println(m.Name, h.DataPoints[0].Count)
		}
	}
	// Unordered output:
	// db.client.connection.create_time 1
	// db.client.connection.wait_time 1
	// db.client.connection.use_time 1
}
