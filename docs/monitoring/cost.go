package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
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

// Samples are short, and the ways to watch take turns. So other work of the machine affects all of them
// alike, and the median only a little.
const (
	samples           = 300
	cyclesPerSample   = 2000
	commandsPerSample = 20
)

// measureCost prints what a cycle of a bare pool costs, and a command over the loopback interface, for each way in
// which a pool can be watched. Metrics are scraped ten times a second meanwhile, a hundred times as often as
// usual.
func measureCost() error {
	server, err := miniredis.Run()
	if err != nil {
		return err
	}
	defer server.Close()
	var all []*costPools
	for _, w := range costs {
		c, err := w.start(server.Addr())
		if err != nil {
			return err
		}
		defer c.close()
		all = append(all, c)
	}
	cycles, commands := make([][]float64, len(all)), make([][]float64, len(all))
	for range samples {
		for i, c := range all {
			cycle, err1 := sample(cyclesPerSample, c.cycle)
			command, err2 := sample(commandsPerSample, c.command)
			if err := errors.Join(err1, err2); err != nil {
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

// sample returns how many nanoseconds a call takes.
func sample(n int, do func() error) (float64, error) {
	begin := time.Now()
	for range n {
		if err := do(); err != nil {
			return 0, err
		}
	}
	return float64(time.Since(begin)) / float64(n), nil
}

// costPools are the pools whose cost is measured.
type costPools struct {
	bare       *resource.Pool[int]
	conns      *redispool.Pool
	stopScrape func()
}

func (w watched) start(addr string) (*costPools, error) {
	registry := prometheus.NewRegistry()
	var observer resource.Observer
	if w.otel {
		reader, err := otelprom.New(otelprom.WithRegisterer(registry))
		if err != nil {
			return nil, err
		}
		if observer, err = poolotel.New(poolotel.Options{MeterProvider: metric.NewMeterProvider(metric.WithReader(reader))}); err != nil {
			return nil, err
		}
	}
	bare, err := resource.New(resource.Config[int]{
		Name: "bare", Observer: observer, Histograms: w.prometheus,
		Open: func(context.Context) (int, error) { return 1, nil }, MaxActive: 4,
	})
	if err != nil {
		return nil, err
	}
	c := &costPools{bare: bare, conns: &redispool.Pool{
		Name: "redis", Observer: observer, Histograms: w.prometheus,
		Dial:      func() (redispool.Conn, error) { return redispool.Dial("tcp", addr) },
		MaxActive: 4, MaxIdle: 4,
	}}
	if w.prometheus {
		collector := poolprom.New(poolprom.Options{})
		registry.MustRegister(collector)
		err = errors.Join(collector.Add("bare", bare.Stats), collector.Add("redis", c.conns.ResourceStats))
	}
	c.stopScrape = scrapes(registry)
	return c, err
}

func (c *costPools) close() {
	c.stopScrape()
	c.conns.Close()
	c.bare.Close()
}

func (c *costPools) cycle() error {
	lease, err := c.bare.Acquire(context.Background())
	lease.Release()
	return err
}

func (c *costPools) command() error {
	conn := c.conns.Get()
	defer conn.Close()
	_, err := conn.Do("PING")
	return err
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
