package sim

import "fmt"

// capacityOracle: never more than MaxActive places are taken, from the decision
// to open until the close has returned, and never more than MaxIdle are idle (I2).
// It counts what was opened and closed out here.
func capacityOracle() oracle {
	return oracle{name: "capacity", after: func(w *witness) string {
		if w.active() > w.mayActive {
			return fmt.Sprintf("after %v %d places are taken, %d may be: %s", w.event, w.active(), w.mayActive, list(w.here))
		}
		if len(w.idle) > w.mayIdle {
			return fmt.Sprintf("after %v %d are idle, %d may be: %s", w.event, len(w.idle), w.mayIdle, list(w.idle))
		}
		return ""
	}}
}
