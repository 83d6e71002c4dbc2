package sim

import (
	"fmt"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// fifoOracle: those in line are served in the order in which they came, and
// nobody who comes later is served before them (I4).
func fifoOracle() oracle {
	return oracle{name: "fifo", effect: func(w *witness, f *story.Effect) string {
		if len(w.line) == 0 {
			return ""
		}
		first := w.line[0]
		switch {
		case f.Kind == story.Wakes && f.Client != first.name:
			return fmt.Sprintf("%s is served (%v), but %s is first in line, since %v", f.Client, f.Do, first.name, first.since)
		case f.Kind == story.Answered && asks(w.event.Verb) && f.Do != ledger.Wait && f.Do != ledger.Refused:
			return fmt.Sprintf("%s has just come and is answered %v, but %s is in line since %v",
				f.Client, f.Do, first.name, first.since)
		}
		return ""
	}}
}

func asks(v story.Verb) bool { return v == story.Acquire || v == story.Try }
