package poolotel_test

import (
	"context"
	"testing"
	"time"

	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/poolotel"
)

// An exporter adds two events to a cycle.
func BenchmarkCycle(b *testing.B) {
	e, _ := newExporter(b, poolotel.Options{})
	acquired := resource.Event{Kind: resource.EventAcquired, Pool: "p", Context: context.Background(), Took: time.Millisecond}
	returned := resource.Event{Kind: resource.EventReturned, Pool: "p", Took: time.Millisecond}
	b.ReportAllocs()
	for b.Loop() {
		e.Observe(acquired)
		e.Observe(returned)
	}
}
