package main

import (
	"time"

	"github.com/respool/respool/resource"
)

// #region change

// change is the difference between two snapshots of a pool. The
// figures of the present are those of the later one.
type change struct{ then, now resource.Stats }

// of is how much a total has grown.
func (c change) of(total func(resource.Stats) uint64) float64 {
	return float64(total(c.now) - total(c.then))
}

func asked(s resource.Stats) uint64 {
	return s.Acquired + notServed(s) + s.Failed + s.Rejected
}

func notServed(s resource.Stats) uint64 {
	return s.Exhausted + s.TimedOut + s.Shed + s.Canceled
}

func acquired(s resource.Stats) uint64   { return s.Acquired }
func opened(s resource.Stats) uint64     { return s.Opened }
func openFailed(s resource.Stats) uint64 { return s.OpenFailed }
func failedTest(s resource.Stats) uint64 { return s.Closed.FailedTest }

// #endregion change

// #region alerts

// alert is a rule, and what to look at first when it fires.
type alert struct {
	name  string
	fires func(c change) bool
	look  string
}

// few is the smallest total of which a share means anything.
const few = 10

func alerts() []alert {
	return []alert{
		{"not served: above 1 %", func(c change) bool {
			return c.of(notServed) > c.of(asked)/100
		}, "who holds them for long"},
		{"mean wait: above 5 ms", func(c change) bool {
			waited := c.now.WaitDuration - c.then.WaitDuration
			return waited > time.Duration(c.of(asked))*5*time.Millisecond
		}, "the same"},
		{"all in use", func(c change) bool {
			return c.now.MaxActive > 0 && c.now.Leased == c.now.MaxActive
		}, "Acquired; if it stands still, a leak"},
		{"dials fail", func(c change) bool {
			return c.of(openFailed) > 0
		}, "the error that Get returns"},
		{"found dead: above 1 %", func(c change) bool {
			return c.of(failedTest) > c.of(acquired)/100
		}, "IdleTimeout: above a firewall's?"},
		{"connections do not last", func(c change) bool {
			return c.of(opened) >= few && c.of(opened) > c.of(acquired)/10
		}, "Closed; if Surplus grows, MaxIdle"},
	}
}

// #endregion alerts
