package ledger_test

import (
	"slices"
)

// waiting returns how many wait, urgent or not.
func (tw *twin) waiting() int { return len(tw.queue) + len(tw.urgent) }

// waiters returns all who wait, urgent ones first.
func (tw *twin) waiters() []twinWaiter { return slices.Concat(tw.urgent, tw.queue) }

// first returns who is next: an urgent one, unless four have been served in a row while
// others waited.
func (tw *twin) first() twinWaiter {
	if len(tw.urgent) > 0 && (tw.passed < 4 || len(tw.queue) == 0) {
		return tw.urgent[0]
	}
	return tw.queue[0]
}

// serveFirst takes out who is next, to be served.
func (tw *twin) serveFirst() string {
	w := tw.first()
	if w.urgent {
		tw.passed++
	} else {
		tw.passed = 0
	}
	tw.unqueue(w.client)
	return w.client
}

// unqueue takes a client out of its queue. It reports whether it was there.
func (tw *twin) unqueue(client string) (found bool) {
	its := func(w twinWaiter) bool { return w.client == client }
	found = slices.ContainsFunc(tw.waiters(), its)
	tw.queue = slices.DeleteFunc(slices.Clone(tw.queue), its)
	tw.urgent = slices.DeleteFunc(slices.Clone(tw.urgent), its)
	if len(tw.queue) == 0 {
		tw.passed = 0
	}
	return found
}
