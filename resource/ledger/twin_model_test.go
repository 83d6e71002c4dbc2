package ledger_test

import (
	"slices"
	"time"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// twin is a second ledger, written from the contract alone. It has slices and
// linear scans, and computes each deadline when it is asked for.
type twin struct {
	pool story.Pool

	now     ledger.Instant
	live    []*twinSlot
	idle    []*twinSlot  // the last is the one that came back last
	queue   []twinWaiter // that are not urgent
	urgent  []twinWaiter
	passed  int // urgent ones served since another one was, while others waited
	clients map[string]*twinClient
	ids     int
	shut    bool
	minIdle int // as far as the limits allow

	idled int // how often a slot became idle

	stands     ledger.Instant // since when the first in the queue has waited for the target; ahead: it has not
	overloaded bool
	lastServed uint64 // what was served when the queue became empty otherwise
	noted      int    // effects that noteQueue has seen

	heldFor   int // failed openings, since which openings are held
	heldUntil ledger.Instant
	probe     *twinSlot

	failures int // of openings for MinIdle, in a row
	wasted   int // resources that were opened for MinIdle and closed unused, in a row
	fillAt   ledger.Instant

	stats   ledger.Stats
	effects []story.Effect
}

type twinSlot struct {
	id, gen int
	state   ledger.State
	owner   string // the acquirer that follows this slot to a resource
	fill    bool   // being opened for MinIdle
	stock   bool   // opened for MinIdle and never lent
	old     bool   // older than the last reset
	retired bool
	suspect bool // another turned out to be broken while it was idle
	why     ledger.Reason
	reopen  bool // its owner does not look for an idle one once it is closed

	openedAt ledger.Instant
	returned ledger.Instant
	tested   []ledger.Instant // by test
	idleTest bool             // it is tested in the background
	checked  ledger.Instant   // when it became idle, or last passed a test in the background
	heir     twinHeir
	idleAt   int // when it became idle, among others
	due      uint64
	uses     int
	expires  ledger.Instant // from here on it is too old
	idleEnd  ledger.Instant // idle too long from here on
	softEnd  ledger.Instant // from here on it is idle too long, if above the minimum
}

type twinWaiter struct {
	client    string
	deadline  ledger.Instant
	unbounded bool
	urgent    bool
	came      ledger.Instant
}

// twinClient is the last answer of a client, and whether it was woken with the
// answer and has done nothing since.
type twinClient struct {
	last      story.Effect
	woken     bool
	unbounded bool
	urgent    bool
	deadline  ledger.Instant // of its wait since it rejoined
}

func newTwin(p story.Pool) *twin {
	return &twin{pool: p, minIdle: p.MinIdle, stands: ledger.Never, clients: map[string]*twinClient{}}
}

func (tw *twin) client(name string) *twinClient {
	if tw.clients[name] == nil {
		tw.clients[name] = new(twinClient)
	}
	return tw.clients[name]
}

// say notes an effect, and what its client has to do now. The answer to a stale
// handle changes nothing.
func (tw *twin) say(e story.Effect) {
	tw.effects = append(tw.effects, e)
	if e.Client != "" && e.Do != ledger.Stale {
		c := tw.client(e.Client)
		c.last, c.woken = e, e.Kind == story.Wakes
	}
	if e.Do == ledger.Refused && e.Kind != story.Said {
		tw.stats.Refused[e.Why]++
	}
}

func (tw *twin) count(states ...ledger.State) (n int) {
	for _, s := range tw.live {
		if slices.Contains(states, s.state) {
			n++
		}
	}
	return n
}

func (tw *twin) room() bool { return !tw.shut && len(tw.live) < tw.pool.MaxActive }

// held reports whether nothing may be opened now because openings have failed.
func (tw *twin) held() bool {
	return tw.heldFor > 0 && (tw.probe != nil || tw.now < tw.heldUntil)
}

func (tw *twin) mayOpen() bool { return tw.room() && !tw.held() }

// forget takes a slot out of the pool.
func (tw *twin) forget(s *twinSlot) {
	tw.live = remove(tw.live, s)
	if tw.probe == s {
		tw.probe = nil
	}
}

func (tw *twin) find(id int) *twinSlot {
	i := slices.IndexFunc(tw.live, func(s *twinSlot) bool { return s.id == id })
	if i < 0 {
		return nil
	}
	return tw.live[i]
}

func remove(from []*twinSlot, s *twinSlot) []*twinSlot {
	return slices.DeleteFunc(slices.Clone(from), func(x *twinSlot) bool { return x == s })
}

func (s *twinSlot) hardEnd() ledger.Instant { return min(s.expires, s.idleEnd) }

// slotEffect returns an effect that hands out a slot.
func (tw *twin) slotEffect(kind story.Kind, client string, do ledger.Action, s *twinSlot) story.Effect {
	e := story.Effect{Kind: kind, Client: client, Do: do, Slot: s.id, Gen: s.gen}
	if do == ledger.Close {
		e.Reason = s.why
	}
	if do == ledger.Test {
		e.Due = s.due
	}
	return e
}

func (tw *twin) open(kind story.Kind, client string) *twinSlot {
	tw.ids++
	s := &twinSlot{id: tw.ids, gen: 1, state: ledger.Opening, owner: client,
		heir: twinHeir{tryAt: ledger.Never}, expires: ledger.Never, idleEnd: ledger.Never, softEnd: ledger.Never}
	tw.live = append(tw.live, s)
	if tw.heldFor > 0 {
		tw.probe = s
	}
	tw.say(tw.slotEffect(kind, client, ledger.Open, s))
	return s
}

// lend gives a slot to a client, which tests it first if a test is due.
func (tw *twin) lend(kind story.Kind, client string, s *twinSlot) {
	s.due = 0
	for i, test := range tw.pool.Tests {
		from := ledger.Instant(0)
		switch {
		case test.IfIdleFor > 0:
			from = s.returned.Add(test.IfIdleFor)
		case test.AtMostEvery > 0:
			from = s.tested[i].Add(test.AtMostEvery)
		}
		if tw.now >= from || s.suspect {
			s.due |= 1 << i
		}
	}
	s.owner = client
	if s.due != 0 {
		s.state = ledger.Testing
		tw.say(tw.slotEffect(kind, client, ledger.Test, s))
		return
	}
	tw.grant(kind, client, s)
}

func (tw *twin) grant(kind story.Kind, client string, s *twinSlot) {
	s.state = ledger.Leased
	s.owner = ""
	s.uses++
	if s.stock {
		s.stock, tw.wasted = false, 0
		if tw.failures == 0 {
			tw.fillAt = 0
		}
	}
	tw.stats.Granted++
	tw.say(tw.slotEffect(kind, client, ledger.Granted, s))
}

// close has a slot closed, by the client that gets the answer or as work.
func (tw *twin) close(kind story.Kind, client string, s *twinSlot, why ledger.Reason, owner string) {
	useless := why == ledger.IdleTooLong || why == ledger.TooOld || why == ledger.Surplus || why == ledger.FailedTest
	if s.stock && useless && tw.now.Sub(s.openedAt) < 10*time.Second && tw.now >= tw.fillAt {
		tw.wasted++
		tw.pause()
	}
	s.state, s.why, s.owner, s.heir.tryAt, s.heir.there = ledger.Closing, why, owner, ledger.Never, false
	tw.idle = remove(tw.idle, s)
	tw.say(tw.slotEffect(kind, client, ledger.Close, s))
}

func (tw *twin) done(client string) {
	tw.say(story.Effect{Kind: story.Answered, Client: client, Do: ledger.Done})
}

func (tw *twin) refuse(kind story.Kind, client string, why ledger.Refusal) {
	tw.say(story.Effect{Kind: kind, Client: client, Do: ledger.Refused, Why: why})
}

// gone frees a place, and gives it to the first waiter.
func (tw *twin) gone(s *twinSlot) {
	tw.forget(s)
	tw.serve()
}

func (tw *twin) serve() {
	for tw.waiting() > 0 && tw.mayOpen() {
		tw.stats.WaitsGranted++
		tw.open(story.Wakes, tw.serveFirst())
	}
}

// split goes through the idle slots in the order in which they are lent. It returns
// those that are past a limit, up to the first one that is not.
func (tw *twin) split() (stale []*twinSlot, good *twinSlot) {
	order := slices.Clone(tw.idle)
	if !tw.pool.FIFO {
		slices.Reverse(order)
	}
	for _, s := range order {
		if tw.now < s.hardEnd() {
			return stale, s
		}
		stale = append(stale, s)
	}
	return stale, nil
}

func (tw *twin) staleReason(s *twinSlot) ledger.Reason {
	if tw.now >= s.expires {
		return ledger.TooOld
	}
	return ledger.IdleTooLong
}

func (tw *twin) dropStale(stale []*twinSlot) {
	for _, s := range stale {
		tw.close(story.Closes, "", s, tw.staleReason(s), "")
	}
}

// unfit returns why a slot that nobody holds must go. Surplus says whether it goes if
// no idle slot is kept.
func (tw *twin) unfit(s *twinSlot, surplus bool) ledger.Reason {
	switch {
	case tw.shut:
		return ledger.PoolShut
	case s.retired:
		return ledger.Retired
	case s.old:
		return ledger.WasReset
	case tw.now >= s.expires:
		return ledger.TooOld
	case tw.pool.MaxUses > 0 && s.uses >= tw.pool.MaxUses:
		return ledger.WornOut
	case len(tw.live)-tw.count(ledger.Closing) > tw.pool.MaxActive:
		return ledger.Surplus
	case s.heir.there && tw.waiting() == 0:
		return ledger.TooOld
	case tw.pool.MaxIdle == 0 && surplus:
		return ledger.Surplus
	}
	return ledger.NotClosed
}

// giveBack finds a use for a slot that its holder has no use for.
func (tw *twin) giveBack(client string, s *twinSlot) {
	s.idleEnd, s.softEnd = ledger.Never, ledger.Never
	if why := tw.unfit(s, tw.waiting() == 0 || s.uses > 0); why != ledger.NotClosed {
		tw.close(story.Answered, client, s, why, "")
		return
	}
	if tw.waiting() > 0 {
		tw.done(client)
		tw.stats.WaitsGranted++
		tw.lend(story.Wakes, tw.serveFirst(), s)
		return
	}
	if len(tw.idle) >= tw.pool.MaxIdle {
		tw.close(story.Answered, client, tw.idle[0], ledger.Surplus, "")
	} else {
		tw.done(client)
	}
	tw.becomeIdle(s)
}

func (tw *twin) becomeIdle(s *twinSlot) {
	s.state, s.owner = ledger.Idle, ""
	tw.idle = append(tw.idle, s)
	tw.idled++
	s.idleAt, s.checked = tw.idled, tw.now
	if tw.pool.IdleTimeout > 0 {
		end := tw.now.Add(tw.pool.IdleTimeout).Add(1)
		if tw.pool.Keep > 0 {
			s.softEnd = end
		} else {
			s.idleEnd = end
		}
	}
	tw.evictForOneMore()
}

// evictForOneMore evicts the slot that has been idle longest, if it is past a soft limit
// and one more is idle than before.
func (tw *twin) evictForOneMore() {
	if longest := tw.idle[0]; tw.now >= longest.softEnd && len(tw.idle) > tw.pool.Keep {
		tw.close(story.Closes, "", longest, tw.staleReason(longest), "")
	}
}
