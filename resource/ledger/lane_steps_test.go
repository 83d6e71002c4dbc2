package ledger_test

import (
	"context"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/respool/respool/resource/ledger"
)

func noTest(context.Context, int, time.Time) error { return nil }

// step is one action of the ledgers' owner, or some time that passes.
func (p *pair) step(t *rapid.T) {
	before := p.now
	p.now = p.now.Add(one(t, "after", 0, 0, 0, time.Second, 1, 3*time.Second, 8*time.Second+1))
	if p.lane == nil {
		// A slot that has come back may enter the lane.
		if rapid.IntRange(0, 2).Draw(t, "enter") > 0 && p.enter() {
			return
		}
		p.event(t)
		return
	}
	if p.one.NextDeadline() <= p.now {
		p.timer(t, before)
		return
	}
	switch may := rapid.IntRange(0, 9).Draw(t, "with the lane"); {
	case may < 5 && p.lane.leased:
		p.giveBack(t)
	case may < 5 && p.now < p.lane.lap.Until:
		p.lend(t)
	case may == 5:
		p.report(t)
	case may == 6:
		p.leave(t)
	case may < 9 && p.lane.leased:
		p.beside(t)
	default:
		p.leave(t)
		p.event(t)
	}
}

// timer empties the lane because something is due, on time or late. A slot that is
// too old leaves the lane to be closed. Advance would close it in both ledgers, but
// in another order among other slots, so the order in the heaps may differ.
func (p *pair) timer(t *rapid.T, before ledger.Instant) {
	if rapid.Bool().Draw(t, "on time") {
		p.now = max(before, p.one.NextDeadline())
	}
	p.report(t)
	p.one.ExitLane(p.now, p.lane.returned, p.lane.leased)
	p.lane = nil
	p.heaps = p.heaps || p.one.Pending()
	p.happen(t, "advance", p.advance)
}

func (p *pair) advance(l *ledger.Ledger, _ int) ledger.Answer {
	l.Advance(p.now)
	return ledger.Answer{}
}

// beside is an event for which the lane need not be emptied: while its slot is
// leased, another slot is acquired or comes back.
func (p *pair) beside(t *rapid.T) {
	p.report(t)
	others := p.in(ledger.Leased)
	switch {
	case !p.one.AtCapacity() && (len(others) == 0 || rapid.Bool().Draw(t, "acquire")):
		p.happen(t, "an acquire beside the lane", func(l *ledger.Ledger, _ int) ledger.Answer { return l.Acquire(p.now, nil) })
	case len(others) > 0 && !p.one.LaneMustYield():
		id := one(t, "other", others...)
		p.happen(t, "a release beside the lane", func(l *ledger.Ledger, i int) ledger.Answer {
			return l.Release(p.now, p.slots[id][i].Handle())
		})
	}
}

// event is any event, with the lane empty.
func (p *pair) event(t *rapid.T) {
	type pairEvent struct {
		name string
		do   func(l *ledger.Ledger, i int) ledger.Answer
	}
	var may []pairEvent
	add := func(name string, do func(l *ledger.Ledger, i int) ledger.Answer) {
		may = append(may, pairEvent{name, do})
	}
	with := func(state ledger.State, name string, do func(l *ledger.Ledger, h ledger.Handle) ledger.Answer) {
		if ids := p.in(state); len(ids) > 0 {
			id := one(t, "slot", ids...)
			add(name, func(l *ledger.Ledger, i int) ledger.Answer { return do(l, p.slots[id][i].Handle()) })
		}
	}
	add("acquire", func(l *ledger.Ledger, _ int) ledger.Answer { return l.Acquire(p.now, nil) })
	with(ledger.Opening, "opened", func(l *ledger.Ledger, h ledger.Handle) ledger.Answer { return l.Opened(p.now, h) })
	with(ledger.Opening, "opened", func(l *ledger.Ledger, h ledger.Handle) ledger.Answer { return l.Opened(p.now, h) })
	with(ledger.Opening, "abandoned", func(l *ledger.Ledger, h ledger.Handle) ledger.Answer { return l.Abandon(p.now, h) })
	verdict := one(t, "verdict", ledger.Passed, ledger.Passed, ledger.Failed, ledger.GaveUp)
	for range 2 {
		with(ledger.Testing, "tested", func(l *ledger.Ledger, h ledger.Handle) ledger.Answer { return l.Tested(p.now, h, verdict) })
		with(ledger.Closing, "closed", func(l *ledger.Ledger, h ledger.Handle) ledger.Answer { return l.Closed(p.now, h) })
		with(ledger.Leased, "release", func(l *ledger.Ledger, h ledger.Handle) ledger.Answer { return l.Release(p.now, h) })
		with(ledger.Leased, "release", func(l *ledger.Ledger, h ledger.Handle) ledger.Answer { return l.Release(p.now, h) })
	}
	add("advance", p.advance)
	if p.one.NextDeadline() <= p.now {
		add("advance", p.advance)
		add("advance", p.advance)
	}
	waiters := [2]*ledger.Waiter{new(ledger.Waiter), new(ledger.Waiter)}
	add("acquire and wait", func(l *ledger.Ledger, i int) ledger.Answer {
		a := l.Acquire(p.now, waiters[i])
		if a.Do == ledger.Wait && i == 0 {
			p.queue = append(p.queue, waiters)
		}
		return a
	})
	if len(p.queue) > 0 {
		at := rapid.IntRange(0, len(p.queue)-1).Draw(t, "leaver")
		leaver := p.queue[at]
		add("cancel", func(l *ledger.Ledger, i int) ledger.Answer {
			if i == 0 {
				p.queue = slices.Delete(p.queue, at, at+1)
			}
			return l.Cancel(p.now, leaver[i])
		})
	}
	if rapid.IntRange(0, 9).Draw(t, "rare") == 9 {
		may = nil
		active, idle := one(t, "to max-active", 1, 2, 4), one(t, "to max-idle", 0, 1, 2, ledger.NoLimit)
		add("reset", func(l *ledger.Ledger, _ int) ledger.Answer { l.Reset(p.now); return ledger.Answer{} })
		add("resize", func(l *ledger.Ledger, _ int) ledger.Answer { l.Resize(p.now, active, idle); return ledger.Answer{} })
		with(ledger.Leased, "discard", func(l *ledger.Ledger, h ledger.Handle) ledger.Answer { return l.Discard(p.now, h) })
		with(ledger.Leased, "detach", func(l *ledger.Ledger, h ledger.Handle) ledger.Answer { return l.Detach(p.now, h) })
		if rapid.IntRange(0, 3).Draw(t, "really") == 3 {
			add("shut", func(l *ledger.Ledger, _ int) ledger.Answer { l.Shut(p.now); return ledger.Answer{} })
		}
	}
	e := one(t, "event", may...)
	p.happen(t, e.name, e.do)
}
