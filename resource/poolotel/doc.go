// Package poolotel shows pools to OpenTelemetry: metrics by its semantic conventions for database
// clients, and spans on request.
//
// An [Exporter] is the observer of any number of pools. Its histograms come from their events, and
// its gauges from their statistics, which it reads when metrics are collected:
//
//	exporter, err := poolotel.New(poolotel.Options{})
//	pool, err := resource.New(resource.Config[net.Conn]{Name: "orders", Observer: exporter, Open: dial})
//	err = exporter.Add("orders", pool.Stats)
//
// The metrics are those of version 1.43 of the conventions. Each has the attribute
// db.client.connection.pool.name. Times are in seconds.
//
// # Spans
//
// With Options.TracerProvider each acquire is a span pool.acquire, and each call of Open a span
// pool.open. Both are children of the span in the caller's context. A span is made when the
// event is over, with the time at which it began: so the pool needs no wrapper around Open, and an
// opening that nobody waits for has its span, too. It follows that the spans which Open itself makes
// are siblings of pool.open, and no children.
//
// The package is a module of its own. The module of the pools does not depend on OpenTelemetry.
package poolotel
