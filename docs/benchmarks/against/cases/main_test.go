package main

import (
	"flag"
	"testing"
)

// TestCases runs each case for a few cycles. Those that are to wait do.
func TestCases(t *testing.T) {
	if err := flag.Set("test.benchtime", "500x"); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases() {
		s, err := c.measure()
		if err != nil {
			t.Fatal(err)
		}
		if waits := s.Waits > 0.1; s.Ns <= 0 || waits != (c.perProc > 1) {
			t.Errorf("%s: %+v", c.name, s)
		}
	}
}
