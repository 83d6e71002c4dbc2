package sim

import "fmt"

// idlerOracle: nobody waits while something is idle, nor while there is room
// (I3), nor when the pool is shut (I6).
func idlerOracle() oracle {
	return oracle{name: "idler", after: func(w *witness) string {
		if len(w.line) == 0 {
			return ""
		}
		first := w.line[0]
		switch {
		case w.shut:
			return fmt.Sprintf("%s waits since %v, and the pool is shut", first.name, first.since)
		case len(w.idle) > 0:
			return fmt.Sprintf("%s waits since %v while %v lies idle", first.name, first.since, w.idle[0])
		case w.room():
			return fmt.Sprintf("%s waits since %v, and %d of %d places are taken", first.name, first.since, w.active(), w.maxActive)
		}
		return ""
	}}
}
