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
// db.client.connection.pool.name. Times are in seconds. A pool whose callers share
// connections has further metrics, respool.shared.*, because the conventions have none.
//
// # Spans
//
// With Options.TracerProvider each acquire is a span pool.acquire, and each call of Open a span
// pool.open. The span of an acquire is a child of the span in the caller's context. That of an
// opening is a child of the acquire that needs the resource, and spans which Open makes are its
// children. With Config.OpenDetached the span of an opening may be longer than its parent. An
// opening that nobody waits for has its span, too, without a parent.
//
// A pool begins these spans itself if the Exporter is its Observer, or one of those in
// [resource.Observers]. An observer of your own that only passes events on to the Exporter makes
// spans that are all children of the caller's.
//
// The package is a module of its own. The module of the pools does not depend on OpenTelemetry.
package poolotel
