package main

import "testing"

// onlyFigures is for tests that are about figures, and have simulations give them. The race
// detector has nothing to say about those: TestSameBytes, TestGolden and TestParallel show it
// all the goroutines that share the work.
func onlyFigures(t *testing.T) {
	if raceDetector {
		t.Skip("is about figures")
	}
}
