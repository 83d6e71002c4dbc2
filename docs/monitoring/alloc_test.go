package main

import (
	"testing"

	"github.com/alicebob/miniredis/v2"
)

// The page says that a cycle allocates nothing, however the pool is watched.
func TestCycleAllocatesNothing(t *testing.T) {
	server := miniredis.RunT(t)
	for _, w := range costs {
		c, err := w.start(server.Addr())
		if err != nil {
			t.Fatal(err)
		}
		c.stopScrape() // it does allocate
		if n := testing.AllocsPerRun(1000, func() {
			if err := c.cycle(); err != nil {
				t.Error(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", w.name, n)
		}
		c.close()
	}
}
