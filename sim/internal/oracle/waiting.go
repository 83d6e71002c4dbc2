package oracle

import (
	"fmt"
	"slices"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// onceOracle: every acquire ends exactly once (I5), every answer is one that the contract
// allows, and only a waiter is woken.
func onceOracle() oracle {
	return oracle{name: "once", effect: func(w *Witness, f *story.Effect) string {
		switch f.Kind {
		case story.Wakes:
			c := w.clients[f.Client]
			if c == nil || c.Doing != ledger.Wait {
				return fmt.Sprintf("%s is woken (%v), but is not in the queue", f.Client, f.Do)
			}
			if !slices.Contains([]ledger.Action{ledger.Granted, ledger.Test, ledger.Open, ledger.Refused}, f.Do) {
				return fmt.Sprintf("%s is woken with nothing: %v", f.Client, f.Do)
			}
		case story.Answered:
			if !slices.Contains(answers(w), f.Do) {
				return fmt.Sprintf("%v is answered %v, must be one of %v", w.event, f.Do, answers(w))
			}
		}
		return ""
	}}
}

// answers returns the answers that the contract allows to the present event.
func answers(w *Witness) []ledger.Action {
	c := w.clients[w.event.What.Client]
	under := c != nil && c.asking
	of := allowed[w.event.Verb]
	switch {
	case w.event.Verb == story.Tested && c == nil:
		return doneOrClose
	case under && of.under != nil:
		return of.under
	case of.others != nil:
		return of.others
	}
	return justDone
}

var (
	justDone    = []ledger.Action{ledger.Done}
	doneOrClose = []ledger.Action{ledger.Done, ledger.Close}
)

// allowed is the answers to each event: to that of a client whose acquire is under way,
// and to that of others. Where there is nothing, only Done is allowed.
var allowed = map[story.Verb]struct{ under, others []ledger.Action }{
	story.Acquire:    {others: []ledger.Action{ledger.Granted, ledger.Test, ledger.Open, ledger.Close, ledger.Wait, ledger.Refused}},
	story.Rejoin:     {others: []ledger.Action{ledger.Granted, ledger.Test, ledger.Open, ledger.Close, ledger.Wait, ledger.Refused}},
	story.Try:        {others: []ledger.Action{ledger.Granted, ledger.Test, ledger.Open, ledger.Close, ledger.Refused}},
	story.Background: {others: []ledger.Action{ledger.Granted, ledger.Test, ledger.Open, ledger.Close, ledger.Refused}},
	story.Tested:     {others: []ledger.Action{ledger.Granted, ledger.Test, ledger.Open, ledger.Close, ledger.Held}},

	story.OpenFailed:    {under: []ledger.Action{ledger.Held}},
	story.Opened:        {under: []ledger.Action{ledger.Granted, ledger.Close}, others: doneOrClose},
	story.Closed:        {under: afterClose},
	story.CloseTimedOut: {under: afterClose},
	story.Turn:          {under: []ledger.Action{ledger.Granted}},

	story.Cancel:  {others: []ledger.Action{ledger.Done, ledger.Refused, ledger.Close}},
	story.Discard: {others: []ledger.Action{ledger.Close, ledger.Stale}},
	story.Detach:  {others: []ledger.Action{ledger.Done, ledger.Stale}},
	story.Abandon: {others: doneOrClose},
	story.Release: {others: []ledger.Action{ledger.Done, ledger.Close, ledger.Stale}},
}

var afterClose = []ledger.Action{ledger.Granted, ledger.Test, ledger.Open, ledger.Refused, ledger.Held}

// fifoOracle: waiters of a class are served in FIFO order, urgent ones before others, but no
// more than four in a row (I18). No later acquire overtakes any of them (I4).
func fifoOracle() oracle {
	return oracle{name: "fifo", effect: func(w *Witness, f *story.Effect) string {
		queue := w.queue
		if f.Kind == story.Wakes {
			queue = w.before()
		}
		if len(queue) == 0 {
			return ""
		}
		first := w.first(queue)
		switch {
		case f.Kind == story.Wakes && f.Client != first.name && f.Do != ledger.Refused:
			return fmt.Sprintf("%s is served (%v), but %s is first in the queue, since %v", f.Client, f.Do, first.name, first.since)
		case f.Kind == story.Answered && asks(w.event.Verb) && f.Do != ledger.Wait && f.Do != ledger.Refused:
			return fmt.Sprintf("%s has just come and is answered %v, but %s is in the queue since %v",
				f.Client, f.Do, first.name, first.since)
		}
		return ""
	}}
}

func asks(v story.Verb) bool { return v == story.Acquire || v == story.Try || v == story.Background }

// idlerOracle: no client waits while a resource is idle, while there is room (I3), or when
// the pool is shut (I6).
func idlerOracle() oracle {
	return oracle{name: "idler", after: func(w *Witness) string {
		if len(w.queue) == 0 {
			return ""
		}
		first := w.queue[0]
		switch {
		case w.shut:
			return fmt.Sprintf("%s waits since %v, and the pool is shut", first.name, first.since)
		case len(w.idle) > 0:
			return fmt.Sprintf("%s waits since %v while %v lies idle", first.name, first.since, w.idle[0])
		case w.room() && w.hold.failures == 0:
			return fmt.Sprintf("%s waits since %v, and %d of %d places are taken", first.name, first.since, w.active(), w.maxActive)
		}
		return ""
	}}
}

// refusalOracle: the reason for which an acquire is refused is true, and at most MaxWaiters
// wait.
func refusalOracle() oracle {
	return oracle{name: "refusal", effect: func(w *Witness, f *story.Effect) string {
		c := w.clients[f.Client]
		switch {
		case c == nil || w.event.Verb == story.Cancel:
		case f.Do == ledger.Refused:
			if why := groundless(w, c, f.Why); why != "" {
				return fmt.Sprintf("%s is refused (%v), but %s", f.Client, f.Why, why)
			}
		}
		return ""
	}, after: func(w *Witness) string {
		n := urgentOnes(w.queue)
		if n := max(n, len(w.queue)-n); n > w.pool.MaxWaiters {
			return fmt.Sprintf("%d wait, %d may", n, w.pool.MaxWaiters)
		}
		return ""
	}}
}

// idleToLend reports whether a resource is idle for an acquire. While openings are held, the
// place of one that is past its limit is of no use.
func (w *Witness) idleToLend() bool {
	return slices.ContainsFunc(w.idle, func(p *slot) bool {
		return w.hold.failures == 0 || w.pastLimit(p) == "" && !w.mayBeOld(p)
	})
}

// mayBeServed returns why a waiter must not be refused while openings fail.
func (w *Witness) mayBeServed(c *client) string {
	alive := w.count(ledger.Leased) + w.count(ledger.Testing) + w.count(ledger.Opening)
	switch {
	case !c.unbounded:
		return "its wait is bounded"
	case alive > 0:
		return fmt.Sprintf("%d resources may still come back", alive)
	}
	return ""
}

func groundless(w *Witness, c *client, why ledger.Refusal) string {
	free := w.idleToLend() || w.mayOpen()
	switch why {
	case ledger.Shutdown:
		if !w.shut {
			return "the pool is not shut"
		}
		return ""
	case ledger.Exhausted:
		if w.event.Verb == story.Acquire {
			return "it would wait"
		}
	case ledger.QueueFull:
		if n, may := w.mayWaitNow(c); may {
			return fmt.Sprintf("%d wait, %d may", n, w.pool.MaxWaiters)
		}
		free = free && w.hold.failures == 0 // else the first waiter is served in the same event, and may be of the other class
	case ledger.TimedOut:
		if w.pool.WaitTimeout == 0 || w.now < w.waitEnds(c) {
			return fmt.Sprintf("it waits since %v, the limit is %v", c.since, w.pool.WaitTimeout)
		}
		return ""
	case ledger.Shed:
		return w.mayBeShed(c)
	case ledger.Reserved:
		return w.mayBeReserved()
	case ledger.OpenFails:
		if w.hold.failures == 0 {
			return "no opening has failed since the last that succeeded"
		}
		if c.Doing == ledger.Wait {
			return w.mayBeServed(c)
		}
		free = free && len(w.queue) == 0 // the first waiter is served in the same event
	}
	switch {
	case w.shut:
		return "the pool is shut"
	case free:
		return fmt.Sprintf("%d are idle, and %d of %d places are taken", len(w.idle), w.active(), w.maxActive)
	}
	return ""
}
