package sim

import (
	"os"
	"testing"
)

// longTests says whether the tests that need much time go all the way.
//
//	RESPOOL_LONG=1 go test -timeout 0 ./sim
//
// Without it they do a small part of the same, so that the package's tests end in
// time on a machine that has much else to do.
func longTests() bool { return os.Getenv("RESPOOL_LONG") == "1" }

// RaceDetector is for the tests of package sim_test.
const RaceDetector = raceDetector

// onOneGoroutine is for tests that take long and have a single goroutine each. They do not run under the race
// detector, which has nothing to say about them. TestRunsInParallelAreTheSame shows it that runs share nothing, and
// TestShellAgrees has it watch the pool.
func onOneGoroutine(t *testing.T) {
	if raceDetector {
		t.Skip("has one goroutine")
	}
}
