package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/poolotel"
	"github.com/respool/respool/resource/poolprom"
)

// watched is how a pool is watched while its cost is measured.
type watched struct {
	name       string
	prometheus bool // with histograms
	otel       bool
}

var costs = []watched{
	{"off", false, false},
	{"Prometheus, with histograms", true, false},
	{"OpenTelemetry", false, true},
	{"both", true, true},
}

// rounds is how often each way is measured. They take turns, so that all get the same share of a
// machine's moods.
const rounds = 7

// measureCost prints what a cycle of a bare pool costs, and a command over the loopback interface, for each way in
// which a pool can be watched. Prometheus scrapes ten times a second meanwhile, which is a hundred times
// as often as usual.
func measureCost() error {
	server, err := miniredis.Run()
	if err != nil {
		return err
	}
	defer server.Close()
	cycles, commands := make([][]float64, len(costs)), make([][]float64, len(costs))
	for range rounds {
		for i, w := range costs {
			cycle, command, err := w.measure(server.Addr())
			if err != nil {
				return err
			}
			cycles[i], commands[i] = append(cycles[i], cycle), append(commands[i], command)
		}
	}
	fmt.Printf("%-30s %18s %26s\n", "watched by", "cycle", "command over loopback")
	for i, w := range costs {
		fmt.Printf("%-30s %8.0f ns %5.1f× %15.0f ns %7.2f×\n", w.name,
			median(cycles[i]), median(cycles[i])/median(cycles[0]), median(commands[i]), median(commands[i])/median(commands[0]))
	}
	return nil
}

func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

// measure returns how many nanoseconds a cycle takes, and a command.
func (w watched) measure(addr string) (cycle, command float64, err error) {
	registry := prometheus.NewRegistry()
	var observer resource.Observer
	exporter := new(poolotel.Exporter)
	if w.otel {
		reader, err := otelprom.New(otelprom.WithRegisterer(registry))
		if err != nil {
			return 0, 0, err
		}
		if exporter, err = poolotel.New(poolotel.Options{MeterProvider: metric.NewMeterProvider(metric.WithReader(reader))}); err != nil {
			return 0, 0, err
		}
		observer = exporter
	}
	pool, err := resource.New(resource.Config[int]{
		Name: "bare", Observer: observer, Histograms: w.prometheus,
		Open: func(context.Context) (int, error) { return 1, nil }, MaxActive: 4,
	})
	if err != nil {
		return 0, 0, err
	}
	defer pool.Close()
	conns := &redispool.Pool{
		Name: "redis", Observer: observer, Histograms: w.prometheus,
		Dial:      func() (redispool.Conn, error) { return redispool.Dial("tcp", addr) },
		MaxActive: 4, MaxIdle: 4,
	}
	defer conns.Close()
	for name, stats := range map[string]func() resource.Stats{"bare": pool.Stats, "redis": conns.ResourceStats} {
		if w.otel {
			err = exporter.Add(name, stats)
		}
		if err != nil {
			return 0, 0, err
		}
	}
	if w.prometheus {
		c := poolprom.New(poolprom.Options{})
		registry.MustRegister(c)
		if err := c.Add("bare", pool.Stats); err != nil {
			return 0, 0, err
		}
	}
	stop := scrapes(registry)
	defer stop()
	cycle = perRun(func() error {
		lease, err := pool.Acquire(context.Background())
		lease.Release()
		return err
	})
	command = perRun(func() error {
		conn := conns.Get()
		defer conn.Close()
		_, err := conn.Do("PING")
		return err
	})
	return cycle, command, nil
}

func perRun(do func() error) float64 {
	result := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			if err := do(); err != nil {
				b.Fatal(err)
			}
		}
	})
	return float64(result.T.Nanoseconds()) / float64(result.N)
}

// scrapes scrapes a registry as Prometheus does, until stop is called.
func scrapes(registry *prometheus.Registry) (stop func()) {
	handler := promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/metrics", nil))
			select {
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
		}
	}()
	return func() { cancel(); <-ended }
}
