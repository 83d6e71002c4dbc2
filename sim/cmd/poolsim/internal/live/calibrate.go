package live

import (
	"time"

	"github.com/respool/respool/sim"
)

// Calibrate measures by how much sleeping is late on this machine: with
// [time.Sleep], and with the clock that [Run] goes by.
func Calibrate(n int, d time.Duration) (sleep, precise *sim.Histogram) {
	sleep, precise = new(sim.Histogram), new(sim.Histogram)
	for range n {
		begin := time.Now()
		time.Sleep(d)
		sleep.Add(time.Since(begin) - d)
	}
	c := newClock()
	defer c.stop()
	for range n {
		until := c.now() + d
		c.sleep(until)
		precise.Add(c.now() - until)
	}
	return sleep, precise
}
