package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/respool/respool/sim"
)

// progress is a line on a terminal about how far the work is. Without a terminal it writes
// nothing.
type progress struct {
	to    io.Writer // nil: there is no terminal
	shown bool
	begin time.Time
	last  time.Time
}

func (p *process) progress() *progress {
	g := &progress{begin: time.Now()}
	if f, ok := p.stderr.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb" {
			g.to = f
		}
	}
	return g
}

// progressInterval is the least time between two changes of the line. It first appears
// after two of them: short work needs none.
const progressInterval = 200 * time.Millisecond

// say writes which share of the work is done, and what the work is. A share below zero is
// not known.
func (g *progress) say(share float64, what string) {
	if g.to == nil || time.Since(g.begin) < 2*progressInterval || time.Since(g.last) < progressInterval {
		return
	}
	g.last, g.shown = time.Now(), true
	passed := time.Since(g.begin)
	if share < 0 {
		fmt.Fprintf(g.to, "\r\x1b[K%s, %v", what, passed.Round(time.Second))
		return
	}
	left := ""
	if share > 0.02 {
		left = fmt.Sprintf(", %v to go", time.Duration(float64(passed)*(1/share-1)).Round(time.Second))
	}
	fmt.Fprintf(g.to, "\r\x1b[K%3.0f %%  %s%s", float64(100*share), what, left)
}

// end removes the line.
func (g *progress) end() {
	if g.shown {
		fmt.Fprint(g.to, "\r\x1b[K")
	}
}

// simulate runs a scenario, with a line of progress if there is a terminal.
func simulate(sc *sim.Scenario, g *progress) (*sim.Report, error) {
	defer g.end()
	if g.to == nil {
		return sim.Run(sc)
	}
	events, arrivals := 0, int64(0)
	return sim.Watch(sc, func(e sim.Event) error {
		if e.Name == "acquire" {
			arrivals++
		}
		if events++; events&0xffff == 0 {
			g.say(passed(sc, e, arrivals), "simulated "+time.Duration(e.At).Round(time.Millisecond).String())
		}
		return nil
	})
}

// passed returns the part of a run that is over.
func passed(sc *sim.Scenario, e sim.Event, arrivals int64) float64 {
	share := -1.0
	if sc.Requests > 0 {
		share = float64(arrivals) / float64(sc.Requests*int64(max(sc.Fleet.Instances, 1)))
	}
	if sc.Duration > 0 {
		share = max(share, float64(e.At)/float64(sc.Duration))
	}
	return min(share, 1)
}
