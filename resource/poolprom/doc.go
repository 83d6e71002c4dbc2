// Package poolprom shows the figures of pools to Prometheus.
//
// A [Collector] has any number of pools, each under a name of its own. It reads a
// pool's statistics when Prometheus scrapes, so the pool pays nothing in between:
//
//	pools := poolprom.New(poolprom.Options{})
//	prometheus.MustRegister(pools)
//	err := pools.Add("orders", pool.Stats)
//
// For pools of redispool the function is ResourceStats, and the namespace "redis_pool" fits.
//
// [NewGoSQL] emits the metrics of a pool as those of a [database/sql.DB]. So every dashboard for
// SQL pools of Go shows it.
//
// The package is a module of its own. The module of the pools does not depend on Prometheus.
package poolprom
