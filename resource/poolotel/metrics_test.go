package poolotel_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/poolotel"
)

func newExporter(t testing.TB, o poolotel.Options) (*poolotel.Exporter, *metric.ManualReader) {
	t.Helper()
	reader := metric.NewManualReader()
	o.MeterProvider = metric.NewMeterProvider(metric.WithReader(reader))
	e, err := poolotel.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return e, reader
}

// collect returns each data point by the metric's name and the attributes, and what each metric is.
func collect(t *testing.T, reader *metric.ManualReader) (points, kinds map[string]string) {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &all); err != nil {
		t.Fatal(err)
	}
	points, kinds = map[string]string{}, map[string]string{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			kind := ""
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				kind = "UpDownCounter"
				if data.IsMonotonic {
					kind = "Counter"
				}
				for _, p := range data.DataPoints {
					points[m.Name+text(p.Attributes)] = fmt.Sprint(p.Value)
				}
			case metricdata.Histogram[float64]:
				kind = "Histogram"
				for _, p := range data.DataPoints {
					points[m.Name+text(p.Attributes)] = fmt.Sprintf("%d, %.3f s", p.Count, p.Sum)
				}
			}
			kinds[m.Name] = kind + " " + m.Unit
		}
	}
	return points, kinds
}

func text(set attribute.Set) string {
	var list []string
	for _, kv := range set.ToSlice() {
		list = append(list, strings.TrimPrefix(string(kv.Key), "db.client.connection.")+"="+kv.Value.AsString())
	}
	return "{" + strings.Join(list, ",") + "}"
}

// same compares data points, and lists every difference.
func same(t *testing.T, got, want map[string]string) {
	t.Helper()
	for _, k := range slices.Sorted(maps.Keys(want)) {
		if got[k] != want[k] {
			t.Errorf("%s is %q, want %q", k, got[k], want[k])
		}
	}
	for _, k := range slices.Sorted(maps.Keys(got)) {
		if _, found := want[k]; !found {
			t.Errorf("there is also %s: %s", k, got[k])
		}
	}
}

// play has a pool of two do all that the metrics measure. Its times are those of a bubble.
func play(t *testing.T, name string, o resource.Observer) *resource.Pool[int] {
	t.Helper()
	fails := false
	pool, err := resource.New(resource.Config[int]{
		Name: name, Observer: o,
		Open: func(context.Context) (int, error) {
			time.Sleep(20 * time.Millisecond)
			if fails {
				return 0, errors.New("refused")
			}
			return 1, nil
		},
		MaxActive: 2, MaxIdle: 1, WaitTimeout: 300 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	acquire := func(ctx context.Context) resource.Lease[int] {
		lease, err := pool.Acquire(ctx)
		if err != nil {
			t.Error(err)
		}
		return lease
	}
	a, b := acquire(t.Context()), acquire(t.Context()) // 20 ms each; a is 20 ms old now
	if _, err := pool.Acquire(t.Context()); !errors.Is(err, resource.ErrWaitTimeout) {
		t.Error(err)
	}
	hasty, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := pool.Acquire(hasty); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	left, leave := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, leave)
	if _, err := pool.Acquire(left); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	a.Discard() // after 380 ms
	fails = true
	if _, err := pool.Acquire(t.Context()); err == nil {
		t.Error("no error")
	}
	time.Sleep(20 * time.Millisecond)
	b.Release() // after 400 ms
	acquire(t.Context()).Release()
	return pool
}

func TestMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, reader := newExporter(t, poolotel.Options{})
		pool := play(t, "orders", e)
		defer pool.Close()
		if err := e.Add("orders", pool.Stats, poolotel.MinIdle(3)); err != nil {
			t.Fatal(err)
		}
		got, kinds := collect(t, reader)
		same(t, got, map[string]string{
			"db.client.connection.count{pool.name=orders,state=idle}": "1",
			"db.client.connection.count{pool.name=orders,state=used}": "0",
			"db.client.connection.max{pool.name=orders}":              "2",
			"db.client.connection.idle.max{pool.name=orders}":         "1",
			"db.client.connection.idle.min{pool.name=orders}":         "3",
			"db.client.connection.pending_requests{pool.name=orders}": "0",
			"db.client.connection.timeouts{pool.name=orders}":         "2",
			"db.client.connection.create_time{pool.name=orders}":      "2, 0.040 s",
			"db.client.connection.wait_time{pool.name=orders}":        "3, 0.040 s",
			"db.client.connection.use_time{pool.name=orders}":         "3, 0.780 s",
		})
		same(t, kinds, map[string]string{
			"db.client.connection.count":            "UpDownCounter {connection}",
			"db.client.connection.max":              "UpDownCounter {connection}",
			"db.client.connection.idle.max":         "UpDownCounter {connection}",
			"db.client.connection.idle.min":         "UpDownCounter {connection}",
			"db.client.connection.pending_requests": "UpDownCounter {request}",
			"db.client.connection.timeouts":         "Counter {timeout}",
			"db.client.connection.create_time":      "Histogram s",
			"db.client.connection.wait_time":        "Histogram s",
			"db.client.connection.use_time":         "Histogram s",
		})
	})
}

func TestGauges(t *testing.T) {
	st := resource.Stats{MaxActive: 9, MaxIdle: resource.KeepNone, Active: 8, Idle: 3, Leased: 2, Opening: 1, Testing: 1, Closing: 1, Waiting: 4}
	e, reader := newExporter(t, poolotel.Options{})
	if err := e.Add("limited", func() resource.Stats { return st }); err != nil {
		t.Fatal(err)
	}
	if err := e.Add("unlimited", func() resource.Stats { return resource.Stats{Active: 1} }); err != nil {
		t.Fatal(err)
	}
	unlimited := map[string]string{
		"db.client.connection.count{pool.name=unlimited,state=idle}": "0",
		"db.client.connection.count{pool.name=unlimited,state=used}": "1",
		"db.client.connection.pending_requests{pool.name=unlimited}": "0",
		"db.client.connection.timeouts{pool.name=unlimited}":         "0",
	}
	limited := map[string]string{
		"db.client.connection.count{pool.name=limited,state=idle}": "3",
		"db.client.connection.count{pool.name=limited,state=used}": "5",
		"db.client.connection.max{pool.name=limited}":              "9",
		"db.client.connection.idle.max{pool.name=limited}":         "0",
		"db.client.connection.pending_requests{pool.name=limited}": "4",
		"db.client.connection.timeouts{pool.name=limited}":         "0",
	}
	got, _ := collect(t, reader)
	maps.Copy(limited, unlimited)
	same(t, got, limited)

	if !e.Remove("limited") || e.Remove("limited") {
		t.Error("a pool is to be removed once")
	}
	got, _ = collect(t, reader)
	unlimited["db.client.connection.timeouts{pool.name=limited}"] = "0"
	same(t, got, unlimited)

	if err := e.Close(); err != nil {
		t.Error(err)
	}
	got, _ = collect(t, reader)
	for name := range got {
		if !strings.HasPrefix(name, "db.client.connection.timeouts") {
			t.Errorf("after Close there is %s", name)
		}
	}
}

func TestAddRefuses(t *testing.T) {
	e, _ := newExporter(t, poolotel.Options{})
	stats := func() resource.Stats { return resource.Stats{} }
	if err := e.Add("orders", stats); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name    string
		stats   func() resource.Stats
		want    string
		options []poolotel.PoolOption
	}{
		{"orders", stats, `poolotel: there is a pool named "orders" already; remove it first, or choose another name`, nil},
		{"", stats, "poolotel: the pool has no name, which is the attribute that distinguishes pools", nil},
		{"a\xff", stats, `poolotel: the name "a\xff" is not UTF-8`, nil},
		{"users", nil, `poolotel: no function for the statistics of pool "users"`, nil},
		{"mail", stats, `poolotel: option 1 of pool "mail" is nil`, []poolotel.PoolOption{poolotel.MinIdle(1), nil}},
	} {
		if err := e.Add(test.name, test.stats, test.options...); err == nil || err.Error() != test.want {
			t.Errorf("Add(%q): %v, want %s", test.name, err, test.want)
		}
	}
}

// TestAddEach has pools that come and go by themselves.
func TestAddEach(t *testing.T) {
	e, reader := newExporter(t, poolotel.Options{})
	all := map[string]resource.Stats{"a": {Active: 3, Idle: 1}, "b": {Active: 5, Idle: 5}}
	if err := e.AddEach("orders", func() map[string]resource.Stats { return all }, poolotel.MinIdle(1)); err != nil {
		t.Fatal(err)
	}
	of := func(name, idle, used string) map[string]string {
		return map[string]string{
			"db.client.connection.count{pool.name=" + name + ",state=idle}": idle,
			"db.client.connection.count{pool.name=" + name + ",state=used}": used,
			"db.client.connection.pending_requests{pool.name=" + name + "}": "0",
			"db.client.connection.idle.min{pool.name=" + name + "}":         "1",
		}
	}
	want := of("orders/a", "1", "2")
	maps.Copy(want, of("orders/b", "5", "0"))
	got, _ := collect(t, reader)
	same(t, got, want)
	delete(all, "a")
	got, _ = collect(t, reader)
	same(t, got, of("orders/b", "5", "0"))
	if !e.Remove("orders") {
		t.Error("they were gone")
	}
	if got, _ = collect(t, reader); len(got) != 0 {
		t.Errorf("after Remove there is %v", got)
	}
	if err := e.AddEach("orders", nil); err == nil || err.Error() != `poolotel: no function for the statistics of pool "orders"` {
		t.Error(err)
	}
}

// The SDK's own bounds begin at 5, which for seconds is useless.
func TestBuckets(t *testing.T) {
	for _, test := range []struct {
		buckets []float64
		want    float64
	}{{nil, .0001}, {[]float64{.5, 1}, .5}} {
		e, reader := newExporter(t, poolotel.Options{Buckets: test.buckets})
		e.Observe(resource.Event{Kind: resource.EventReturned, Pool: "p", Took: time.Millisecond})
		var all metricdata.ResourceMetrics
		if err := reader.Collect(t.Context(), &all); err != nil {
			t.Fatal(err)
		}
		found := false
		for _, m := range all.ScopeMetrics[0].Metrics {
			if h, ok := m.Data.(metricdata.Histogram[float64]); ok {
				found = true
				if h.DataPoints[0].Bounds[0] != test.want {
					t.Errorf("bounds %v, want them from %v", h.DataPoints[0].Bounds, test.want)
				}
			}
		}
		if !found {
			t.Error("no histogram")
		}
	}
}
