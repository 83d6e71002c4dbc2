// Metastable stalls a server for five seconds, and shows how retries keep the outage going when the server is well again,
// and what ends it.
//
//	go run ./docs/walkthroughs/metastable
package main

import (
	"fmt"
	"io"

	"github.com/respool/respool/docs/internal/walkthrough"
	"github.com/respool/respool/sim"
)

func main() { walkthrough.MainAlone("metastable", run) }

func run(out io.Writer) error {
	fmt.Fprintln(out, "good calls a second      before   20-30 s   30-40 s   tries/s   queue at the server")
	for _, c := range cases {
		sc := scenario()
		c.change(sc)
		r, err := sim.Run(sc)
		if err != nil {
			return err
		}
		t := &r.Timeline
		fmt.Fprintf(out, "%-24s %6.0f   %7.0f   %7.0f   %7.0f   %19d\n", c.name, rate(t, t.Good, 0, 8),
			rate(t, t.Good, 20, 30), rate(t, t.Good, 30, 40), rate(t, t.Attempts, 30, 40), r.Server.PeakQueue)
	}
	return nil
}

// rate is the mean of counts a second, from one second to another.
func rate(t *sim.Timeline, counts []uint64, from, to float64) float64 {
	var n uint64
	begin, end := int(from/t.Step+0.5), int(to/t.Step+0.5)
	for _, count := range counts[begin:end] {
		n += count
	}
	return float64(n) / (float64(end-begin) * t.Step)
}
