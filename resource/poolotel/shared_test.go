package poolotel_test

import (
	"maps"
	"testing"

	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/poolotel"
)

// A pool whose callers share nothing has no metrics about that.
func TestSharedConnections(t *testing.T) {
	e, reader := newExporter(t, poolotel.Options{})
	shared := resource.SharedStats{Limit: 1, Connections: 2, UnderWay: 3, Calls: 4, Flushes: 5, Left: 6, Broken: 7, Repeated: 8, Polled: 9}
	for name, st := range map[string]resource.SharedStats{"alone": {}, "cache": shared} {
		if err := e.Add(name, func() resource.Stats { return resource.Stats{Shared: st} }); err != nil {
			t.Fatal(err)
		}
	}
	got, kinds := collect(t, reader)
	maps.DeleteFunc(got, func(point, _ string) bool { return point[:len("respool")] != "respool" })
	same(t, got, map[string]string{
		"respool.shared.connection.max{pool.name=cache}":    "1",
		"respool.shared.connection.count{pool.name=cache}":  "2",
		"respool.shared.call.pending{pool.name=cache}":      "3",
		"respool.shared.call.count{pool.name=cache}":        "4",
		"respool.shared.flush.count{pool.name=cache}":       "5",
		"respool.shared.call.left{pool.name=cache}":         "6",
		"respool.shared.connection.broken{pool.name=cache}": "7",
		"respool.shared.call.repeated{pool.name=cache}":     "8",
		"respool.shared.wait.polled{pool.name=cache}":       "9",
	})
	for name, want := range map[string]string{
		"respool.shared.call.count":   "Counter {call}",
		"respool.shared.call.pending": "UpDownCounter {call}",
	} {
		if kinds[name] != want {
			t.Errorf("%s is a %s, want %s", name, kinds[name], want)
		}
	}
}
