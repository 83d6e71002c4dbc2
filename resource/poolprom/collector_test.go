package poolprom_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"

	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/poolprom"
)

// fixed returns a source of statistics that never change.
func fixed(st resource.Stats) func() resource.Stats { return func() resource.Stats { return st } }

// distinct returns statistics in which each figure has a value of its own, and the value
// that each metric must have for a figure, by the figure's name.
func distinct(t *testing.T) (st resource.Stats, want map[string]float64) {
	want = map[string]float64{}
	next := int64(1000)
	var fill func(v reflect.Value, path string)
	fill = func(v reflect.Value, path string) {
		for i := range v.NumField() {
			f, name := v.Field(i), path+v.Type().Field(i).Name
			next++
			switch f.Kind() {
			case reflect.Struct:
				fill(f, name+".")
				continue
			case reflect.Int, reflect.Int64:
				f.SetInt(next)
			case reflect.Uint64:
				f.SetUint(uint64(next))
			case reflect.Pointer: // the histograms have tests of their own
				continue
			default:
				t.Fatalf("Stats.%s is a %v: this test does not know such figures", name, f.Kind())
			}
			want[name] = float64(next)
			if f.Type() == reflect.TypeFor[time.Duration]() {
				want[name] = time.Duration(next).Seconds()
			}
		}
	}
	fill(reflect.ValueOf(&st).Elem(), "")
	return st, want
}

// gather returns the value of each sample that a collector emits, by name and labels.
func gather(t *testing.T, c prometheus.Collector) map[string]float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(c); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.Metric {
			got[f.GetName()+labels(m)] = value(m)
		}
	}
	return got
}

func labels(m *dto.Metric) string {
	var list []string
	for _, l := range m.Label {
		list = append(list, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
	}
	return "{" + strings.Join(list, ",") + "}"
}

func value(m *dto.Metric) float64 {
	switch {
	case m.Gauge != nil:
		return m.Gauge.GetValue()
	case m.Counter != nil:
		return m.Counter.GetValue()
	case m.Histogram != nil:
		return float64(m.Histogram.GetSampleCount())
	}
	return -1
}

// A new figure of resource.Stats needs a row in the table of metrics.
func TestEveryFigureIsExported(t *testing.T) {
	st, want := distinct(t)
	c := poolprom.New(poolprom.Options{})
	if err := c.Add("p", fixed(st)); err != nil {
		t.Fatal(err)
	}
	exported := map[float64]string{}
	for sample, v := range gather(t, c) {
		exported[v] = sample // some have two names, since go_sql has a part of them
	}
	for figure, v := range want {
		if exported[v] == "" {
			t.Errorf("no metric has the figure Stats.%s", figure)
		}
		delete(exported, v)
	}
	for v, sample := range exported {
		t.Errorf("%s is %v: Stats has no such figure", sample, v)
	}
}

func TestLint(t *testing.T) {
	st, _ := distinct(t)
	for _, namespace := range []string{"", "redis_pool"} {
		c := poolprom.New(poolprom.Options{Namespace: namespace})
		if err := c.Add("p", fixed(st)); err != nil {
			t.Fatal(err)
		}
		problems, err := testutil.CollectAndLint(c)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range problems {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

func TestRealPool(t *testing.T) {
	pool, err := resource.New(resource.Config[int]{
		Open:      func(context.Context) (int, error) { return 1, nil },
		MaxActive: 2,
		MaxIdle:   1,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	c := poolprom.New(poolprom.Options{Namespace: "redis_pool"})
	if err := c.Add("orders", pool.Stats); err != nil {
		t.Fatal(err)
	}
	var leases []resource.Lease[int]
	for range 2 {
		lease, err := pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		leases = append(leases, lease)
	}
	if _, err := pool.TryAcquire(t.Context()); err == nil {
		t.Fatal("a third resource")
	}
	leases[0].Release()
	got := gather(t, c)
	for sample, want := range map[string]float64{
		`redis_pool_max_open_connections{pool="orders"}`:                2,
		`redis_pool_max_idle_connections{pool="orders"}`:                1,
		`redis_pool_open_connections{pool="orders"}`:                    2,
		`redis_pool_in_use_connections{pool="orders"}`:                  1,
		`redis_pool_idle_connections{pool="orders"}`:                    1,
		`redis_pool_acquired_total{pool="orders"}`:                      2,
		`redis_pool_refused_total{pool="orders",reason="exhausted"}`:    1,
		`redis_pool_refused_total{pool="orders",reason="timed_out"}`:    0,
		`redis_pool_closed_total{pool="orders",reason="idle_too_long"}`: 0,
	} {
		if v, found := got[sample]; !found || v != want {
			t.Errorf("%s is %v (found: %v), want %v", sample, v, found, want)
		}
	}
}

// A limit of zero and no limit are different things, and only max_idle_connections can be both.
func TestMaxIdle(t *testing.T) {
	const sample = `resource_pool_max_idle_connections{pool="p"}`
	for _, test := range []struct {
		maxIdle int
		want    float64
		found   bool
	}{
		{resource.KeepNone, 0, true},
		{0, 0, false},
		{3, 3, true},
	} {
		c := poolprom.New(poolprom.Options{})
		if err := c.Add("p", fixed(resource.Stats{MaxIdle: test.maxIdle})); err != nil {
			t.Fatal(err)
		}
		v, found := gather(t, c)[sample]
		if v != test.want || found != test.found {
			t.Errorf("MaxIdle %d: %v, %v; want %v, %v", test.maxIdle, v, found, test.want, test.found)
		}
	}
}

func TestAddRefuses(t *testing.T) {
	c := poolprom.New(poolprom.Options{})
	if err := c.Add("orders", fixed(resource.Stats{})); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		stats func() resource.Stats
		want  string
	}{
		{"orders", fixed(resource.Stats{}), `poolprom: there is a pool named "orders" already; remove it first, or choose another name`},
		{"", fixed(resource.Stats{}), "poolprom: the pool has no name, which is the label that distinguishes pools"},
		{"a\xff", fixed(resource.Stats{}), `poolprom: the name "a\xff" is not UTF-8`},
		{"users", nil, `poolprom: no function for the statistics of pool "users"`},
	} {
		if err := c.Add(test.name, test.stats); err == nil || err.Error() != test.want {
			t.Errorf("Add(%q): %v, want %s", test.name, err, test.want)
		}
	}
}

// TestAddEach has pools that come and go by themselves. A name that is taken already, and one
// that is not UTF-8, fail no scrape.
func TestAddEach(t *testing.T) {
	c := poolprom.New(poolprom.Options{})
	var all map[string]resource.Stats
	err := errors.Join(c.Add("orders/own", fixed(resource.Stats{Active: 9})), c.AddEach("orders", func() map[string]resource.Stats { return all }))
	if err != nil {
		t.Fatal(err)
	}
	exported := func() map[string]float64 {
		found := map[string]float64{}
		for name, v := range gather(t, c) {
			if text, is := strings.CutPrefix(name, `resource_pool_open_connections{pool=`); is {
				found[strings.TrimSuffix(text, "}")] = v
			}
		}
		return found
	}
	for _, test := range []struct {
		all  map[string]resource.Stats
		want map[string]float64
	}{
		{nil, nil},
		{map[string]resource.Stats{"10.0.0.1:6379": {Active: 1}, "own": {Active: 2}, "a\xff": {Active: 3}},
			map[string]float64{`"orders/10.0.0.1:6379"`: 1, `"orders/\"a\\xff\""`: 3}},
		{map[string]resource.Stats{"10.0.0.2:6379": {Active: 4}}, map[string]float64{`"orders/10.0.0.2:6379"`: 4}},
	} {
		all = test.all
		want := map[string]float64{`"orders/own"`: 9}
		maps.Copy(want, test.want)
		if got := exported(); !maps.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	if err := c.AddEach("orders", nil); err == nil || err.Error() != `poolprom: no function for the statistics of pool "orders"` {
		t.Error(err)
	}
	if !c.Remove("orders") || len(exported()) != 1 {
		t.Error("they are still there")
	}
}

func TestRemove(t *testing.T) {
	c := poolprom.New(poolprom.Options{})
	for _, name := range []string{"a", "b"} {
		if err := c.Add(name, fixed(resource.Stats{Active: 1})); err != nil {
			t.Fatal(err)
		}
	}
	if !c.Remove("a") || c.Remove("a") {
		t.Error("a pool is to be removed once")
	}
	const sample = `resource_pool_open_connections{pool="%s"}`
	got := gather(t, c)
	if _, found := got[fmt.Sprintf(sample, "a")]; found {
		t.Error("a is still there")
	}
	if _, found := got[fmt.Sprintf(sample, "b")]; !found {
		t.Error("b is gone")
	}
	if err := c.Add("a", fixed(resource.Stats{})); err != nil {
		t.Errorf("the name is free again: %v", err)
	}
}

// Pools come and go while Prometheus scrapes. The race detector looks on.
func TestConcurrent(t *testing.T) {
	c := poolprom.New(poolprom.Options{})
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(c)
	var all sync.WaitGroup
	for i := range 4 {
		name := fmt.Sprint("pool", i)
		all.Go(func() {
			for range 20 {
				if err := c.Add(name, fixed(resource.Stats{})); err != nil {
					t.Error(err)
				}
				if _, err := registry.Gather(); err != nil {
					t.Error(err)
				}
				if !c.Remove(name) {
					t.Error(name, "was gone")
				}
			}
		})
	}
	all.Wait()
}

// A pool whose callers share nothing has no metrics about that.
func TestSharedConnections(t *testing.T) {
	c := poolprom.New(poolprom.Options{Namespace: "redis_pool"})
	for name, shared := range map[string]resource.SharedStats{"alone": {}, "shared": {Limit: 2}} {
		if err := c.Add(name, fixed(resource.Stats{Shared: shared})); err != nil {
			t.Fatal(err)
		}
	}
	samples := 0
	for sample, v := range gather(t, c) {
		if strings.HasPrefix(sample, "redis_pool_shared_") {
			if samples++; strings.Contains(sample, "alone") || (v != 0) != strings.Contains(sample, "limit") {
				t.Errorf("%s is %v", sample, v)
			}
		}
	}
	if samples != 9 {
		t.Errorf("%d samples, want 9", samples)
	}
}
