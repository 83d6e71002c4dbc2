package ledger_test

import (
	"slices"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// play has an event happen to the twin and returns its effects. From the ledger it
// gets two things. Draw is the random number of a resource that was opened. Evicted
// are the slots that the ledger has closed as work because they were idle too long, and
// tests those that it has tested in the background; the twin looks at them where the
// contract leaves the order open.
func (tw *twin) play(now ledger.Instant, e story.Event, draw float64, evicted, tests []int) []story.Effect {
	tw.now, tw.effects, tw.noted = now, nil, 0
	c := e.What.Client
	switch e.Verb {
	case story.Acquire, story.Try:
		tw.stats.Acquires++
		tw.client(c).unbounded, tw.client(c).urgent, tw.client(c).deadline = e.Unbounded, e.Urgent, 0
		tw.acquire(c, e.Verb == story.Acquire, false)
	case story.Background:
		tw.stats.Acquires++
		tw.client(c).unbounded, tw.client(c).urgent, tw.client(c).deadline = false, false, 0
		tw.background(c)
	case story.Rejoin:
		tw.acquire(c, true, true)
	case story.Withdraw:
		tw.stats.Failed++
		tw.done(c)
	case story.Cancel:
		tw.cancel(c)
	case story.Release, story.Discard, story.Detach:
		tw.endLease(e)
	case story.Opened:
		tw.opened(c, tw.slotOf(e.What), draw)
	case story.OpenFailed:
		tw.openFailed(c, tw.slotOf(e.What))
	case story.Tested:
		tw.tested(c, tw.slotOf(e.What), e.Verdict)
	case story.Closed:
		tw.closed(c, tw.slotOf(e.What))
	case story.CloseTimedOut:
		tw.stats.ClosesAbandoned++
		tw.closed(c, tw.slotOf(e.What))
	case story.Abandon:
		tw.abandon(c, tw.slotOf(e.What))
	case story.Shut:
		tw.doShut()
	case story.Reset:
		tw.doReset()
	case story.Suspect:
		tw.suspect()
	case story.Retire:
		tw.retire(tw.slotOf(e.What))
	case story.Resize:
		tw.resize(e.MaxActive, e.MaxIdle)
	case story.Advance:
		tw.advance(evicted, tests)
	}
	tw.noteQueue()
	tw.peaks()
	return tw.inOrder()
}

// inOrder returns the effects as a story has them: the answer, the waiters woken,
// the closes by number, the opening.
func (tw *twin) inOrder() []story.Effect {
	slices.SortStableFunc(tw.effects, func(a, b story.Effect) int {
		if a.Kind != b.Kind {
			return int(a.Kind) - int(b.Kind)
		}
		if a.Kind == story.Closes || a.Kind == story.Tests {
			return a.Slot - b.Slot
		}
		return 0
	})
	return tw.effects
}

func (tw *twin) peaks() {
	st := &tw.stats
	st.PeakActive = max(st.PeakActive, len(tw.live))
	st.PeakLeased = max(st.PeakLeased, tw.count(ledger.Leased))
	st.PeakIdle = max(st.PeakIdle, len(tw.idle))
	st.PeakWaiting = max(st.PeakWaiting, tw.waiting())
}

func (tw *twin) snapshot() ledger.Stats {
	st := tw.stats
	st.MaxActive, st.MaxIdle = tw.pool.MaxActive, tw.pool.MaxIdle
	st.Active = len(tw.live)
	st.Opening, st.Testing = tw.count(ledger.Opening), tw.count(ledger.Testing)
	st.Idle, st.Leased, st.Closing = tw.count(ledger.Idle), tw.count(ledger.Leased), tw.count(ledger.Closing)
	st.Waiting = tw.waiting()
	return st
}

func (tw *twin) slotOf(w story.What) *twinSlot {
	if w.Client != "" {
		return tw.find(tw.client(w.Client).last.Slot)
	}
	return tw.find(w.Slot)
}

func (tw *twin) acquire(c string, wait, again bool) {
	if tw.heldFor > 0 && !again {
		tw.serve()
		tw.noteQueue()
	}
	stale, good := tw.split()
	switch {
	case tw.shut:
		tw.refuse(story.Answered, c, ledger.Shutdown)
	case good != nil:
		tw.dropStale(stale)
		tw.idle = remove(tw.idle, good)
		tw.lend(story.Answered, c, good)
	case tw.mayOpen():
		tw.dropStale(stale)
		tw.open(story.Answered, c)
	case len(stale) > 0 && !tw.room() && !tw.held():
		tw.close(story.Answered, c, stale[0], tw.staleReason(stale[0]), c)
		tw.dropStale(stale[1:])
	default:
		tw.dropStale(stale)
		tw.waitOrRefuse(c, wait, again)
	}
}

// background is an acquire that takes only what nobody else needs.
func (tw *twin) background(c string) {
	switch {
	case tw.shut:
		tw.refuse(story.Answered, c, ledger.Shutdown)
		return
	case tw.waiting() > 0:
		tw.refuse(story.Answered, c, ledger.Reserved)
		return
	}
	stale, good := tw.split()
	tw.dropStale(stale)
	spare := tw.pool.MaxActive - tw.pool.Reserve - tw.count(ledger.Opening, ledger.Leased, ledger.Testing, ledger.Closing) + tw.underTest()
	switch {
	case spare <= 0:
		tw.refuse(story.Answered, c, ledger.Reserved)
	case good != nil:
		tw.idle = remove(tw.idle, good)
		tw.lend(story.Answered, c, good)
	case tw.mayOpen():
		tw.open(story.Answered, c)
	default:
		tw.waitOrRefuse(c, false, false)
	}
}

// waitOrRefuse has a client wait: at the front if it has waited or opened before.
func (tw *twin) waitOrRefuse(c string, wait, again bool) {
	switch {
	case !wait && tw.held():
		tw.refuse(story.Answered, c, ledger.OpenFails)
		return
	case !wait:
		tw.refuse(story.Answered, c, ledger.Exhausted)
		return
	}
	w := twinWaiter{c, ledger.Never, tw.client(c).unbounded, tw.client(c).urgent, tw.now}
	queue := &tw.queue
	if w.urgent {
		queue = &tw.urgent
	}
	if len(*queue) >= tw.pool.MaxWaiters {
		tw.refuse(story.Answered, c, ledger.QueueFull)
		return
	}
	if tw.pool.WaitTimeout > 0 {
		w.deadline = tw.now.Add(tw.pool.WaitTimeout)
	}
	if again {
		if at := tw.client(c).deadline; at != 0 {
			w.deadline = at
		}
		tw.client(c).deadline = w.deadline
		if len(*queue) > 0 {
			w.came = (*queue)[0].came
		}
		*queue = slices.Insert(*queue, 0, w)
	} else {
		*queue = append(*queue, w)
	}
	tw.say(story.Effect{Kind: story.Answered, Client: c, Do: ledger.Wait})
}

// heldUp answers a client that nothing may be opened.
func (tw *twin) heldUp(c string) {
	tw.say(story.Effect{Kind: story.Answered, Client: c, Do: ledger.Held})
}

func (tw *twin) cancel(c string) {
	last := tw.client(c).last
	switch last.Do {
	case ledger.Refused:
		tw.effects = append(tw.effects, story.Effect{Kind: story.Answered, Client: c, Do: ledger.Refused, Why: last.Why})
		tw.client(c).woken = false
		return
	case ledger.Wait:
		tw.unqueue(c)
		tw.stats.Canceled++
		tw.done(c)
		return
	}
	tw.stats.Canceled++
	tw.stats.WaitsGranted--
	s := tw.find(last.Slot)
	switch last.Do {
	case ledger.Open:
		tw.done(c)
		tw.gone(s)
		return
	case ledger.Granted:
		tw.stats.Granted--
		s.uses--
	}
	s.gen++
	tw.giveBack(c, s)
}

func (tw *twin) endLease(e story.Event) {
	c, id, gen := e.What.Client, e.What.Slot, e.What.Gen
	if c != "" {
		id, gen = tw.client(c).last.Slot, tw.client(c).last.Gen
	}
	s := tw.find(id)
	if s == nil || s.state != ledger.Leased || s.gen != gen {
		tw.say(story.Effect{Kind: story.Answered, Client: c, Do: ledger.Stale})
		return
	}
	s.gen++
	switch e.Verb {
	case story.Release:
		s.returned, s.suspect = tw.now, false
		tw.giveBack(c, s)
	case story.Discard:
		tw.close(story.Answered, c, s, ledger.Discarded, "")
	case story.Detach:
		tw.stats.Detached++
		tw.done(c)
		tw.gone(s)
	}
}

func (tw *twin) doShut() {
	if tw.shut {
		return
	}
	tw.shut = true
	for tw.waiting() > 0 {
		client := tw.first().client
		tw.unqueue(client)
		tw.stats.WaitsRefused++
		tw.refuse(story.Wakes, client, ledger.Shutdown)
	}
	for _, s := range tw.idle {
		tw.close(story.Closes, "", s, ledger.PoolShut, "")
	}
}

func (tw *twin) doReset() {
	if tw.shut {
		return
	}
	tw.stats.Resets++
	for _, s := range tw.live {
		s.old = true
	}
	for _, s := range tw.idle {
		tw.close(story.Closes, "", s, ledger.WasReset, "")
	}
}

func (tw *twin) suspect() {
	for _, s := range tw.live {
		s.suspect = bool(tw.pool.TestSuspects)
	}
}

func (tw *twin) retire(s *twinSlot) {
	switch {
	case s == nil || s.state == ledger.Closing:
	case s.state == ledger.Idle:
		tw.close(story.Closes, "", s, ledger.Retired, "")
	default:
		s.retired = true
	}
}

func (tw *twin) resize(maxActive, maxIdle int) {
	if tw.shut {
		return
	}
	tw.minIdle = min(tw.pool.MinIdle, maxActive, maxIdle)
	tw.pool.MaxActive, tw.pool.MaxIdle = maxActive, maxIdle
	tw.serve()
}
