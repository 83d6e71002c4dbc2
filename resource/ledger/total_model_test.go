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
// It does not say when a test in the background begins: it gets the test as an event, and says
// whether the test was allowed.
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

// modelPause is the pause after a failed opening, of a key that holds openings.
const modelPause = 2 * time.Second

// holds reports whether no opening may begin now.
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
