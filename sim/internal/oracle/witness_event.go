package oracle

import (
	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// noteEvent notes an event, before its effects. A slot that its client gives up counts as
// idle until the effects say what becomes of it.
func (w *Witness) noteEvent(at policy.Instant, e story.Event) {
	w.noteRare(&e, at)
	if e.Verb == story.Advance && at == w.now {
		w.advances++
	} else {
		w.advances = 0
	}
	w.now, w.event, w.came, w.stale, w.used, w.evicted = at, e, nil, false, false, w.evicted[:0]
	c, p := w.client(e.What.Client), w.slotOf(&e)
	switch e.Verb {
	case story.Acquire, story.Try, story.Background:
		w.counts.acquires++
		c.asking, c.since, c.unbounded, c.urgent, c.deadline = true, at, e.Unbounded, e.Urgent, 0
	case story.Withdraw:
		w.ends(c, &w.counts.failed)
	case story.Cancel:
		w.canceled(c)
	case story.Release, story.Discard, story.Detach:
		w.letGo(c, p)
	case story.Opened:
		w.isOpen(p)
	case story.OpenFailed:
		w.openHasFailed(p)
	case story.Tested:
		w.isTested(p)
	case story.Closed, story.CloseTimedOut:
		w.isClosed(p)
	case story.Abandon:
		w.abandoned(c, p)
	case story.Turn:
		w.turned(c)
	case story.Leave:
		w.left()
	case story.Advance:
		w.looksToReplace()
	case story.Shut:
		w.shut = true
	case story.Reset:
		w.resets++
	case story.Suspect:
		w.suspect()
	case story.Retire:
		p.retired = p.retired || p.state != ledger.Closing
	case story.Resize:
		w.maxActive, w.maxIdle = e.MaxActive, e.MaxIdle
		w.mayActive, w.mayIdle = max(e.MaxActive, w.active()), max(e.MaxIdle, len(w.idle))
	}
}

// ends notes that a client's acquire has ended.
func (w *Witness) ends(c *client, counted *uint64) {
	if c == nil {
		return
	}
	c.asking, c.Doing = false, ledger.Done
	*counted++
}

func (w *Witness) canceled(c *client) {
	p := c.slot
	was := c.Doing
	if was == ledger.Done { // refused already
		return
	}
	w.ends(c, &w.counts.canceled)
	switch was {
	case ledger.Wait:
		w.leaves(c)
		w.queueChanged(c, false)
		return
	case ledger.Open:
		w.setState(p, ledger.Gone)
	case ledger.Granted:
		w.counts.granted--
		p.uses--
		p.gen = c.gen
		w.setState(p, ledger.Idle)
	case ledger.Test:
		p.gen = c.gen
		w.setState(p, ledger.Idle)
	}
	w.counts.toServe--
	c.Former = true
}

func (w *Witness) letGo(c *client, p *slot) {
	if c == nil || c.Doing != ledger.Granted || p == nil {
		w.stale = true
		return
	}
	c.Doing, c.Former = ledger.Done, true
	p.gen = c.gen
	switch w.event.Verb {
	case story.Detach:
		w.counts.detached++
		w.setState(p, ledger.Gone)
		return
	case story.Discard:
		p.tainted = c.name + " has discarded it"
	default:
		p.returned, p.suspect = w.now, false
	}
	w.setState(p, ledger.Idle)
}

func (w *Witness) isOpen(p *slot) {
	w.counts.opened++
	w.hold = hold{}
	p.open, p.opened, p.returned = true, w.now, w.now
	p.suspect = false
	p.tested = make([]policy.Instant, len(w.pool.Tests))
	for i := range p.tested {
		p.tested[i] = w.now
	}
	if p.fill {
		w.lastFilled, p.stock, w.refill.failures = true, true, 0
	} else if p.heir {
		w.heirOpened(p)
	} else {
		w.refill = refill{}
	}
	if p.client == nil {
		w.setState(p, ledger.Idle)
	}
}

func (w *Witness) openHasFailed(p *slot) {
	w.counts.openFailed++
	if p.fill || p.heir {
		w.lastFilled = true
		w.refill.failed(w.now)
	}
	w.hold.failed(w, p)
	if w.hold.failures == 0 || w.shut {
		w.ends(p.client, &w.counts.failed)
	}
	w.setState(p, ledger.Gone)
}

func (w *Witness) isClosed(p *slot) {
	w.counts.closed[p.why]++
	w.ended = p
	if w.event.Verb == story.CloseTimedOut {
		w.counts.abandoned++
	}
	w.setState(p, ledger.Gone)
}

// suspect notes that a resource is broken. The others that are in the pool may be, too.
func (w *Witness) suspect() {
	for _, p := range w.slots {
		p.suspect = bool(w.pool.TestSuspects)
	}
}

func (w *Witness) isTested(p *slot) {
	if p.client == nil {
		w.backFromTest(p)
	}
	if w.event.Verdict != ledger.Passed {
		w.suspect()
		p.tainted = "it has failed a test"
		return
	}
	p.suspect = false
	for i := range p.tested {
		if p.due&(1<<i) != 0 {
			p.tested[i] = w.now
		}
	}
}

func (w *Witness) abandoned(c *client, p *slot) {
	w.ends(c, &w.counts.failed)
	p.client = nil
	if p.state == ledger.Testing {
		p.tainted = "nobody knows the outcome of its test"
		w.setState(p, ledger.Idle)
	}
}
