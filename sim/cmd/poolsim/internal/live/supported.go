package live

import (
	"errors"
	"fmt"

	"github.com/respool/respool/sim"
)

// ErrUnsupported is the error of a field that has no counterpart in real time.
var ErrUnsupported = errors.New("cannot be played in real time")

// unplayed is a field of a scenario that cannot be played, if it is set.
type unplayed struct {
	path string
	set  bool
	why  string
}

// unplayedFields lists the fields that a real server cannot play. Fakes play all.
func unplayedFields(sc *sim.Scenario, redis bool) []unplayed {
	w := &sc.World
	if !redis {
		return nil
	}
	return []unplayed{
		{"world.open_failure", w.OpenFailure > 0, "with a real server: it refuses no connection by chance"},
		{"world.test_failure", w.TestFailure > 0, "with a real server: it fails no test by chance"},
		{"world.fail_latency", !w.FailLatency.IsZero(), "with a real server: it decides itself how long it takes to refuse a connection"},
		{"world.dead_latency", !w.DeadLatency.IsZero(), "with a real server: the system reports a dead connection at once"},
		{"world.life", !w.Life.IsZero(), "with a real server: it ends no connection because of its age"},
		{"world.idle_timeout", w.IdleTimeout > 0, "with a real server: its own timeout decides, in whole seconds"},
	}
}

// Supported reports the first field of a scenario that cannot be played.
func Supported(sc *sim.Scenario, redises int) error {
	redis := redises > 0
	for _, f := range unplayedFields(sc, redis) {
		if f.set {
			return fmt.Errorf("%s: %w %s", f.path, ErrUnsupported, f.why)
		}
	}
	if workers := sc.World.Server.Workers; redis && workers != redises {
		return fmt.Errorf("world.server.workers: %d, but each Redis is one worker, and there are %d", workers, redises)
	}
	return waitsEnd(sc)
}

// waitsEnd returns an error if a request may wait without an end. In virtual time such a run ends, but
// not in real time.
func waitsEnd(sc *sim.Scenario) error {
	load := &sc.Workload
	switch {
	case load.Timeout > 0 || !load.Patience.IsZero() || sc.Pool.WaitTimeout > 0:
		return nil
	case load.Nested:
		return fmt.Errorf("workload.nested: %w without a timeout: a deadlock would have no end", ErrUnsupported)
	case sc.Clients.Leak > 0 && sc.Pool.Wait:
		return fmt.Errorf("clients.leak: %w without a timeout: once all connections have leaked, requests would wait without an end", ErrUnsupported)
	}
	return nil
}
