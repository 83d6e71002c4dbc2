package ledger_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/respool/respool/resource/ledger"
)

// totalModel says what the ledgers of a Total must do. It is written from the contract
// alone, with slices and linear scans: one list of waiters in the order of their
// arrival, one list of idle slots in the order in which they became idle.
//
// It does not say when a test in the background begins: it is told of the test, and says
// whether it was allowed.
type totalModel struct {
	maxActive, maxIdle int
	now                ledger.Instant
	keys               []*modelKey
	idle               []*modelSlot // the first has been idle longest
	waiters            []modelWaiter
	urgent             map[int]bool // the clients whose present acquire is urgent
	serving            bool         // who leaves the list is served
	order              int
	effects            []string
}

type modelKey struct {
	name                    string
	config                  ledger.Config
	tested                  bool
	idleTimeout, maxAge     time.Duration
	maxUses, maxActive, ids int
	slots                   []*modelSlot
	shut                    bool
	passed                  int // urgent waiters served since another one was, while others waited
	shed                    modelShed
	ahead                   modelAhead

	// Opens are held after a failure; zero: they are not.
	failures int
	heldTo   ledger.Instant // the end of the pause
	seenOver bool           // the key's ledger has had an event since
	probe    *modelSlot
}

// modelPause is the pause after a failed open, of a key that holds opens.
const modelPause = 2 * time.Second

// holds reports whether no open may begin now.
func (m *totalModel) holds(k *modelKey) bool {
	return k.failures > 0 && (k.probe != nil || m.now < k.heldTo)
}

// eligible reports whether a waiter of the key lacks only a place of the total. Whether a
// pause is over is found out by an event of the key.
func (m *totalModel) eligible(k *modelKey) bool {
	return k.room() && (k.failures == 0 || k.probe == nil && k.seenOver)
}

// look has a key find out that its pause is over.
func (m *totalModel) look(k *modelKey) { k.seenOver = m.now >= k.heldTo }

type modelSlot struct {
	key    *modelKey
	id     int
	state  ledger.State
	client int // that waits for what becomes of it; -1: nobody
	heir   *modelSlot
	then   string // what the client does when it is closed: retry, reopen, refuse
	fill   bool   // being opened in advance
	uses   int
	old    bool // since a reset
	why    ledger.Reason
	since  ledger.Instant // idle since
	until  ledger.Instant // idle too long from here on
	order  int            // that of becoming idle, over all keys
	tested bool           // in the background
	life   modelLife
}

type modelWaiter struct {
	client   int
	key      *modelKey
	deadline ledger.Instant
	urgent   bool
	came     ledger.Instant
}

func (s *modelSlot) String() string { return fmt.Sprintf("%s/%d", s.key.name, s.id) }

func (m *totalModel) say(format string, args ...any) {
	m.effects = append(m.effects, fmt.Sprintf(format, args...))
}

// places is how many resources exist, or may be opened at once.
func (m *totalModel) places() (n int) {
	for _, k := range m.keys {
		n += len(k.slots)
		for _, s := range k.slots {
			if s.heir != nil {
				n--
			}
		}
	}
	return n
}

func (k *modelKey) room() bool { return !k.shut && len(k.slots) < k.maxActive }

func (k *modelKey) count(st ledger.State) (n int) {
	for _, s := range k.slots {
		if s.state == st {
			n++
		}
	}
	return n
}

// testing is how many are tested in the background.
func (k *modelKey) testing() (n int) {
	for _, s := range k.slots {
		if s.tested {
			n++
		}
	}
	return n
}

func (m *totalModel) waiting(k *modelKey) int {
	return m.countWaiters(func(w modelWaiter) bool { return w.key == k })
}

func (m *totalModel) open(k *modelKey, client int) *modelSlot {
	k.ids++
	s := &modelSlot{key: k, id: k.ids, state: ledger.Opening, client: client, until: ledger.Never,
		life: modelLife{end: ledger.Never, tryAt: ledger.Never}}
	k.slots = append(k.slots, s)
	if k.failures > 0 {
		k.probe = s
	}
	return s
}

func (m *totalModel) remove(s *modelSlot) {
	s.key.slots = slices.DeleteFunc(s.key.slots, func(o *modelSlot) bool { return o == s })
	s.state = ledger.Gone
	if s.key.probe == s {
		s.key.probe = nil
	}
}

func (m *totalModel) notIdle(s *modelSlot) {
	m.idle = slices.DeleteFunc(m.idle, func(o *modelSlot) bool { return o == s })
}

func (m *totalModel) refuse(client int, why ledger.Refusal) {
	m.say("client %d: refused, %v", client, why)
}

// closeFor has a client close a slot.
func (m *totalModel) closeFor(client int, s *modelSlot, why ledger.Reason, then string) {
	m.notIdle(s)
	m.closesUnused(s, why)
	s.state, s.why, s.client, s.then = ledger.Closing, why, client, then
	m.say("client %d: close %v", client, s)
}

// closeLater has a slot closed by nobody in particular.
func (m *totalModel) closeLater(s *modelSlot, why ledger.Reason) {
	m.notIdle(s)
	m.closesUnused(s, why)
	s.state, s.why, s.client, s.then = ledger.Closing, why, -1, ""
	m.say("close %v", s)
}

func (m *totalModel) takeOver(client int, k *modelKey, s *modelSlot) {
	why := ledger.Displaced
	if s.state == ledger.Idle && m.now >= s.until { // its own Advance comes too late
		why = m.stale(s)
	}
	m.closeFor(client, s, why, "")
	s.heir = m.open(k, client)
}

func (m *totalModel) lend(client int, s *modelSlot) {
	m.notIdle(s)
	s.client = client
	if s.key.tested {
		s.state = ledger.Testing
		m.say("client %d: test %v", client, s)
		return
	}
	m.grant(client, s)
}

func (m *totalModel) grant(client int, s *modelSlot) {
	s.lentUnused()
	s.state, s.client = ledger.Leased, client
	s.uses++
	s.key.shed.served++
	m.say("client %d: granted %v", client, s)
}

func (m *totalModel) ownIdle(k *modelKey) *modelSlot {
	for _, s := range slices.Backward(m.idle) {
		if s.key == k {
			return s
		}
	}
	return nil
}

func (m *totalModel) acquire(client int, k *modelKey, wait bool) {
	m.settle(k)
	if m.serveAtOnce(client, k) {
		return
	}
	switch {
	case !wait && (m.holds(k) || k.room() && m.places() < m.maxActive):
		m.refuse(client, ledger.OpenFails)
	case !wait:
		m.refuse(client, ledger.Exhausted)
	case m.classOf(client, k) >= k.config.MaxWaiters:
		m.refuse(client, ledger.QueueFull)
	default:
		m.wait(client, k, len(m.waiters))
	}
}

// serveAtOnce ends an acquire that need not wait.
func (m *totalModel) serveAtOnce(client int, k *modelKey) bool {
	own := m.ownIdle(k)
	mayOpen := k.room() && !m.holds(k)
	switch {
	case k.shut:
		m.refuse(client, ledger.Shutdown)
	case own != nil:
		m.lend(client, own)
	case mayOpen && m.places() < m.maxActive:
		m.say("client %d: open %v", client, m.open(k, client))
	case mayOpen && len(m.idle) > 0:
		m.takeOver(client, k, m.idle[0])
	default:
		return false
	}
	return true
}

// wait puts a waiter at a place of the list.
func (m *totalModel) wait(client int, k *modelKey, at int) {
	w := modelWaiter{client, k, ledger.Never, m.urgent[client], m.now}
	if at < len(m.waiters) { // it rejoins, and came before the one behind
		w.came = m.waiters[at].came
	}
	if k.config.WaitTimeout > 0 {
		w.deadline = m.now.Add(k.config.WaitTimeout)
	}
	m.waiters = slices.Insert(m.waiters, at, w)
	m.moved(w, false)
	m.look(k)
	m.say("client %d: wait", client)
}

// rejoin goes on with an acquire that was told that opens are held. It waits before all
// others of its key and its class.
func (m *totalModel) rejoin(client int, k *modelKey) {
	if m.serveAtOnce(client, k) {
		return
	}
	if m.classOf(client, k) >= k.config.MaxWaiters {
		m.refuse(client, ledger.QueueFull)
		return
	}
	at := slices.IndexFunc(m.waiters, func(w modelWaiter) bool { return w.key == k && w.urgent == m.urgent[client] })
	if at < 0 {
		at = len(m.waiters)
	}
	m.wait(client, k, at)
}

// classOf is how many waiters of a key are of a client's class.
func (m *totalModel) classOf(client int, k *modelKey) int {
	return m.countWaiters(func(w modelWaiter) bool { return w.key == k && w.urgent == m.urgent[client] })
}

func (m *totalModel) countWaiters(of func(modelWaiter) bool) (n int) {
	for _, w := range m.waiters {
		if of(w) {
			n++
		}
	}
	return n
}

// oldest takes the first waiter that ok accepts out of the list, or returns nil.
func (m *totalModel) oldest(ok func(modelWaiter) bool) *modelWaiter {
	i := slices.IndexFunc(m.waiters, ok)
	if i < 0 {
		return nil
	}
	w := m.waiters[i]
	m.waiters = slices.Delete(m.waiters, i, i+1)
	m.moved(w, m.serving)
	if m.countWaiters(func(o modelWaiter) bool { return o.key == w.key && !o.urgent }) == 0 {
		w.key.passed = 0
	}
	return &w
}

// serve takes out the waiter that is served next among those that ok accepts, or returns nil. The
// oldest of them says which key has its turn, and an urgent one of that key goes first.
func (m *totalModel) serve(ok func(modelWaiter) bool) *modelWaiter {
	i := slices.IndexFunc(m.waiters, ok)
	if i < 0 {
		return nil
	}
	k := m.waiters[i].key
	k.shed.served++
	m.serving = true
	defer func() { m.serving = false }()
	urgent := func(w modelWaiter) bool { return w.key == k && w.urgent }
	other := func(w modelWaiter) bool { return w.key == k && !w.urgent }
	if slices.ContainsFunc(m.waiters, urgent) && (k.passed < 4 || !slices.ContainsFunc(m.waiters, other)) {
		k.passed++
		return m.oldest(urgent)
	}
	k.passed = 0
	return m.oldest(other)
}

// settle serves waiters that are eligible, after an event of a key.
func (m *totalModel) settle(k *modelKey) {
	m.look(k)
	for m.places() < m.maxActive || len(m.idle) > 0 {
		w := m.serve(func(w modelWaiter) bool { return m.eligible(w.key) })
		if w == nil {
			return
		}
		if m.places() < m.maxActive {
			m.say("client %d: open %v", w.client, m.open(w.key, w.client))
		} else {
			m.takeOver(w.client, w.key, m.idle[0])
		}
	}
}

// unfit returns why a slot must not be used again.
func (m *totalModel) unfit(s *modelSlot) ledger.Reason {
	switch k := s.key; {
	case k.shut:
		return ledger.PoolShut
	case s.old:
		return ledger.WasReset
	case m.now >= s.life.end:
		return ledger.TooOld
	case k.maxUses > 0 && s.uses >= k.maxUses:
		return ledger.WornOut
	case k.usable() > k.maxActive:
		return ledger.Surplus
	case m.unneeded(s):
		return ledger.TooOld
	case k.config.MaxIdle == 0 && s.uses > 0:
		return ledger.Surplus
	}
	return ledger.NotClosed
}

// stale returns why an idle slot is closed that is past its limits.
func (m *totalModel) stale(s *modelSlot) ledger.Reason {
	if m.now >= s.life.end {
		return ledger.TooOld
	}
	return ledger.IdleTooLong
}

// usable is how many slots there are that are not being closed.
func (k *modelKey) usable() int { return len(k.slots) - k.count(ledger.Closing) }

// excess reports whether idle slots are above limits that have been lowered.
func (k *modelKey) excess() bool {
	idle := k.count(ledger.Idle)
	return idle > k.config.MaxIdle || idle > 0 && k.usable() > k.maxActive
}

// resize changes the limits of a key. advance closes the slots that are idle above them.
func (m *totalModel) resize(k *modelKey, maxActive, maxIdle int) {
	if k.shut {
		return
	}
	k.maxActive, k.config.MaxIdle = maxActive, maxIdle
	m.settle(k)
}

// giveBack decides about a slot that nobody has any more. If the giver has to close a
// slot, that is an effect for the giver.
func (m *totalModel) giveBack(giver int, s *modelSlot) {
	k := s.key
	s.client, s.until = -1, s.life.end
	why := m.unfit(s)
	if why != ledger.NotClosed {
		m.closeFor(giver, s, why, "")
		s.client = -1
		return
	}
	// The oldest of those that it could serve: its own waiters, and those that lack only
	// a place of the total.
	w := m.serve(func(w modelWaiter) bool { return w.key == k || m.eligible(w.key) })
	switch {
	case w != nil && w.key == k:
		m.lend(w.client, s)
		m.say("client %d: done", giver)
		return
	case w != nil:
		m.takeOver(w.client, w.key, s)
		m.say("client %d: done", giver)
		return
	}
	s.state, s.since = ledger.Idle, m.now
	if k.idleTimeout > 0 {
		s.until = min(s.until, m.now.Add(k.idleTimeout+1)) // the limit is longer than the timeout
	}
	m.order++
	s.order = m.order
	m.becomeIdle(giver, s)
}

// becomeIdle puts a slot where it belongs by its age. There may be one too many now.
func (m *totalModel) becomeIdle(giver int, s *modelSlot) {
	k := s.key
	m.idle = append(m.idle, s)
	slices.SortFunc(m.idle, func(a, b *modelSlot) int { return a.order - b.order })
	surplus := m.idle[0]
	if k.count(ledger.Idle) > k.config.MaxIdle {
		surplus = m.idle[slices.IndexFunc(m.idle, func(o *modelSlot) bool { return o.key == k })]
	} else if len(m.idle) <= m.maxIdle {
		m.say("client %d: done", giver)
		return
	}
	m.closeFor(giver, surplus, ledger.Surplus, "")
	surplus.client = -1
}

func (m *totalModel) opened(s *modelSlot) {
	client, k := s.client, s.key
	lifted := k.failures > 0
	k.failures, k.heldTo, k.probe = 0, 0, nil
	m.setLife(s)
	if s.fill {
		m.endsInAdvance(s)
	} else {
		k.ahead.succeeded(true)
	}
	switch {
	case client < 0:
		m.giveBack(-1, s)
	case k.shut:
		m.closeFor(client, s, ledger.PoolShut, "refuse")
	default:
		m.grant(client, s)
	}
	if lifted {
		m.settle(k)
	}
}

// testIdle begins a test in the background, and reports whether that was allowed.
func (m *totalModel) testIdle(s *modelSlot) bool {
	ok := s.state == ledger.Idle && s.key.config.TestIdleEvery > 0 && m.now >= s.since.Add(s.key.config.TestIdleEvery)
	m.notIdle(s)
	s.state, s.tested, s.client = ledger.Testing, true, -1
	m.say("test %v", s)
	return ok
}

// idleTested ends it.
func (m *totalModel) idleTested(s *modelSlot, v ledger.Verdict) {
	s.tested = false
	why := m.unfit(s)
	if v != ledger.Passed {
		why = ledger.FailedTest
	} else if why == ledger.NotClosed && s.until <= m.now {
		why = m.stale(s)
	}
	if why != ledger.NotClosed {
		m.closeFor(-1, s, why, "")
		return
	}
	w := m.serve(func(w modelWaiter) bool { return w.key == s.key || m.eligible(w.key) })
	switch {
	case w != nil && w.key == s.key:
		m.grant(w.client, s)
	case w != nil:
		m.takeOver(w.client, w.key, s)
	default:
		s.state = ledger.Idle
		m.becomeIdle(-1, s)
	}
}

func (m *totalModel) openFailed(s *modelSlot) {
	k := s.key
	if !k.config.OpenBackoff.IsZero() && (k.failures == 0 || k.probe == s) {
		k.failures++
		k.heldTo, k.seenOver, k.probe = m.now.Add(modelPause), false, nil
	}
	if s.fill {
		m.failsInAdvance(s)
	}
	if s.client >= 0 && k.failures > 0 && !k.shut {
		m.say("client %d: held", s.client)
	} else {
		m.say("client %d: done", s.client)
	}
	m.remove(s)
	m.settle(k)
}

func (m *totalModel) detached(s *modelSlot) {
	m.say("client %d: done", s.client)
	m.remove(s)
	m.settle(s.key)
}

func (m *totalModel) testedSlot(s *modelSlot, v ledger.Verdict) {
	client := s.client
	why, then := ledger.FailedTest, "retry"
	switch {
	case s.key.shut:
		if v == ledger.Passed {
			why = ledger.PoolShut
		}
		then = "refuse"
	case v == ledger.GaveUp:
		then = "reopen"
	case v == ledger.Failed:
	case s.old:
		why = ledger.WasReset
	case m.now >= s.until:
		why, then = m.stale(s), "reopen"
	default:
		m.grant(client, s)
		return
	}
	m.closeFor(client, s, why, then)
}

func (m *totalModel) closed(s *modelSlot) {
	client, heir := s.client, s.heir
	if heir != nil {
		s.heir = nil
		m.remove(s)
		if heir.key.shut {
			m.remove(heir)
			m.refuse(client, ledger.Shutdown)
		} else {
			m.say("client %d: open %v", client, heir)
		}
		m.settle(s.key)
		return
	}
	if s.key.shut && s.then != "" {
		s.then = "refuse"
	}
	own := m.ownIdle(s.key)
	switch {
	case s.then == "refuse":
		m.remove(s)
		m.refuse(client, ledger.Shutdown)
		m.settle(s.key)
	case s.then == "retry" && own != nil:
		m.notIdle(own)
		own.state = ledger.Leased // not idle; its next state is not known yet
		m.remove(s)
		m.settle(s.key)
		m.lend(client, own)
	case s.then != "" && m.holds(s.key):
		m.remove(s)
		m.say("client %d: held", client)
		m.settle(s.key)
	case s.then != "":
		m.remove(s)
		m.say("client %d: open %v", client, m.open(s.key, client))
	default:
		m.remove(s)
		m.say("client %d: done", client)
		m.settle(s.key)
	}
}

// abandon has the client of a slot leave.
func (m *totalModel) abandon(s *modelSlot) {
	client := s.client
	s.client = -1
	switch {
	case s.state == ledger.Testing:
		m.closeFor(client, s, ledger.FailedTest, "")
		s.client = -1
	case s.heir != nil:
		to := s.heir.key
		m.remove(s.heir)
		s.heir = nil
		m.say("client %d: done", client)
		m.settle(to)
	default:
		s.then = ""
		m.say("client %d: done", client)
	}
}

// cancel has a client leave that has waited. s is what it was given and has not looked
// at; nil: it still waits.
func (m *totalModel) cancel(client int, s *modelSlot) {
	if s == nil {
		m.oldest(func(w modelWaiter) bool { return w.client == client })
		m.say("client %d: done", client)
		return
	}
	if s.heir != nil {
		s.heir.key.shed.served--
	} else {
		s.key.shed.served--
	}
	switch s.state {
	case ledger.Opening:
		m.remove(s)
		m.say("client %d: done", client)
		m.settle(s.key)
	case ledger.Closing:
		to := s.heir.key
		m.remove(s.heir)
		s.heir, s.client = nil, -1
		m.say("client %d: close %v", client, s)
		m.settle(to)
	case ledger.Leased:
		s.uses--
		s.key.shed.served--
		m.giveBack(client, s)
	default:
		m.giveBack(client, s)
	}
}

func (m *totalModel) reset(k *modelKey) {
	if k.shut {
		return
	}
	for _, s := range slices.Clone(k.slots) {
		s.old = true
		if s.state == ledger.Idle {
			m.closeLater(s, ledger.WasReset)
		}
	}
}

func (m *totalModel) shut(k *modelKey) {
	if k.shut {
		return
	}
	k.shut = true
	for _, s := range slices.Clone(k.slots) {
		if s.state == ledger.Idle {
			m.closeLater(s, ledger.PoolShut)
		}
	}
	for w := m.oldest(func(w modelWaiter) bool { return w.key == k }); w != nil; w = m.oldest(func(w modelWaiter) bool { return w.key == k }) {
		m.refuse(w.client, ledger.Shutdown)
	}
}

// advance does what is due in a key, apart from openings in advance.
func (m *totalModel) advance(k *modelKey) {
	for _, s := range slices.Clone(m.idle) {
		if s.key == k && s.until <= m.now {
			m.closeLater(s, m.stale(s))
		}
	}
	for k.excess() {
		m.closeLater(m.idle[slices.IndexFunc(m.idle, func(s *modelSlot) bool { return s.key == k })], ledger.Surplus)
	}
	for {
		w := m.oldest(func(w modelWaiter) bool { return w.key == k && w.deadline <= m.now })
		if w == nil {
			break
		}
		m.refuse(w.client, ledger.TimedOut)
	}
	m.refuseShed(k)
	if k.failures > 0 {
		m.settle(k)
	}
}

// due reports whether advance would do anything.
func (m *totalModel) due(k *modelKey) bool {
	return k.excess() || m.shedAt(k) <= m.now || m.nextToReplace(k) != nil || slices.ContainsFunc(m.idle, func(s *modelSlot) bool { return s.key == k && s.until <= m.now }) ||
		slices.ContainsFunc(m.waiters, func(w modelWaiter) bool {
			return w.key == k && (w.deadline <= m.now || k.room() && k.failures > 0 && !m.holds(k) && !k.seenOver)
		})
}

// lacks reports whether the key has less than MinIdle, and only the total keeps it from
// more.
func (m *totalModel) lacks(k *modelKey) bool {
	return k.room() && !k.filling() && k.probe == nil && k.count(ledger.Idle)+k.testing() < min(k.config.MinIdle, k.config.MaxIdle, k.maxActive) && m.waiting(k) == 0
}

// canFill reports whether the total allows one more slot for MinIdle.
func (m *totalModel) canFill() bool {
	soon := 0
	for _, k := range m.keys {
		for _, s := range k.slots {
			if s.fill || s.tested {
				soon++
			}
		}
	}
	return m.places() < m.maxActive && len(m.idle)+soon < m.maxIdle
}
