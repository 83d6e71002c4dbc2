package ledger

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/respool/respool/policy"
)

// Ledger is the state of one pool. Make it with [New]. It is not safe for
// concurrent use.
type Ledger struct {
	// A cycle changes the first 56 bytes; with the owner's lock before them they
	// fill a cache line. It also changes the counters, in one cache line with the
	// queue, which waiters change. The fields that a cycle only reads come next.
	idle    idleList
	tally   [numStates]int32 // I1
	next    Instant          // lower bound of everything that will fall due (I7)
	epoch   uint32           // bumped when the idle list is cut off
	pending bool             // there is work

	queue queue
	counters

	resets uint32 // bumped by Reset
	order  policy.Order
	fastPaths
	shut  bool
	total *Total // nil: none
	limits
	live     []*Slot // all slots that occupy capacity, in no order
	eviction policy.Eviction
	peaks

	lane     *Slot // lent by the owner itself
	stats    Stats // without the counts that are kept above
	work     Work
	lifetime policy.Lifetime
	gates    []policy.Gate
	heap     deadlines
	softIdle softList
	idles    uint64 // how often a slot with details became idle

	minIdle    minIdle
	hold       hold
	idleTests  idleTests
	replacing  replacing
	shedding   shedding
	urgent     urgent
	suspicions uint32 // see suspect.go

	member

	cfg      Config
	ids      uint32
	opened   []Instant // of each slot in live, when it was opened
	rand     *rand.Rand
	detailed bool // slots have details
	steady   bool // the lane may be used
}

// counters are totals since the start.
type counters struct {
	acquires     uint64
	granted      uint64
	waitsGranted uint64
}

// fastPaths says which common cases need no further checks.
type fastPaths struct {
	noGates      bool // no gates and no soft limits: an idle slot may be lent at once before its until
	fastLend     bool // noGates, and lending has no other consequence
	fastReturn   bool // noGates holds, checkReturns does not, and nothing else looks at a return: no Total, superseded slot, shedding or urgent waiter
	timedWaits   bool // waits have a timeout, or are shed
	checkReturns bool // shut, or MaxIdle is zero, or more may be active than MaxActive
}

// limits are those of the configuration, as Resize has changed them.
type limits struct {
	maxActive   int
	maxIdle     int
	maxWaiters  int
	waitTimeout time.Duration
	ceiling     int  // what active may be: MaxActive, or more after Resize (I2)
	trimming    bool // idle slots above a limit are being closed
}

// peaks are high-water marks.
type peaks struct {
	peakLeased  int32
	peakIdle    int32
	peakWaiting int32
}

// New returns the ledger of an empty pool. The caller has validated c; New
// panics if a limit contradicts another.
func New(c Config) *Ledger {
	l := new(Ledger)
	l.Init(c)
	return l
}

// Init is New for a Ledger that is a field of its owner's struct. After Init the
// Ledger must not be copied.
func (l *Ledger) Init(c Config) {
	*l = Ledger{
		limits: limits{
			maxActive:   c.MaxActive,
			maxIdle:     c.MaxIdle,
			maxWaiters:  c.MaxWaiters,
			waitTimeout: c.WaitTimeout,
			ceiling:     c.MaxActive,
		},
		next:      Never,
		order:     c.Order,
		lifetime:  c.Lifetime,
		eviction:  c.Eviction,
		gates:     c.Gates,
		minIdle:   minIdle{want: c.MinIdle},
		total:     c.Total,
		hold:      hold{backoff: c.OpenBackoff},
		idleTests: idleTests{every: c.TestIdleEvery, due: newDeadlines(idleTestDeadlines)},
		replacing: replacing{ahead: c.ReplaceAhead, due: newDeadlines(replaceDeadlines)},
		shedding:  newShedding(c.Shed),
		cfg:       c,
		rand:      rand.New(rand.NewPCG(c.Seed, 0x726573706f6f6c)),
	}
	c.refuseImpossible()
	l.chooseFastPaths()
	if l.cfg.NewSlot == nil {
		l.cfg.NewSlot = func() *Slot { return new(Slot) }
	}
	if l.total == nil {
		l.scheduleFill(0)
	}
}

// refuseImpossible panics if a limit contradicts another.
func (c *Config) refuseImpossible() {
	for _, count := range []struct {
		name string
		n    int
	}{{"MaxActive", c.MaxActive}, {"MaxIdle", c.MaxIdle}, {"MinIdle", c.MinIdle}, {"MaxWaiters", c.MaxWaiters}} {
		if count.n > NoLimit {
			panic(fmt.Sprintf("ledger: %s is %d, more than a ledger counts, which is %d", count.name, count.n, NoLimit))
		}
	}
	if c.MaxActive < 1 || c.MaxIdle < 0 || c.MaxWaiters < 0 || c.WaitTimeout < 0 ||
		c.MinIdle < 0 || c.MinIdle > c.MaxIdle || c.MinIdle > c.MaxActive ||
		!c.Order.Valid() || len(c.Gates) > policy.MaxChecks || c.OpenBackoff.Validate() != nil || c.Shed.Validate() != nil || c.TestSuspects && len(c.Gates) == 0 ||
		c.TestIdleEvery < 0 || c.ReplaceAhead < 0 || c.Reserve < 0 || c.Reserve >= c.MaxActive || c.TestIdleEvery > 0 && len(c.Gates) == 0 {
		panic(fmt.Sprintf("ledger: impossible configuration %+v", *c))
	}
	if c.Total != nil && c.Total.maxIdle == 0 && c.MaxIdle > 0 {
		panic("ledger: MaxIdle is above that of the total, which is zero")
	}
}

// chooseFastPaths notes which common cases the configuration allows.
func (l *Ledger) chooseFastPaths() {
	c := &l.cfg
	_, steadyLife := policy.IsSteady(c.Lifetime)
	_, steadyStay := policy.IsSteady(c.Eviction)
	l.noGates = len(c.Gates) == 0 && steadyStay
	l.fastLend = l.noGates && c.MinIdle == 0
	l.detailed = !l.noGates || c.ReplaceAhead > 0
	l.steady = steadyLife && steadyStay && c.Order == policy.LIFO && c.MinIdle == 0
	for _, g := range c.Gates {
		_, steady := policy.IsSteady(g)
		l.steady = l.steady && steady
	}
	if c.Total != nil { // no common case knows of other ledgers
		l.fastLend, l.steady, l.detailed = false, false, true
	}
	l.timedWaits = c.WaitTimeout > 0 || !c.Shed.IsZero()
	l.setFastPaths()
}

// active is how many slots occupy capacity.
func (l *Ledger) active() int { return len(l.live) }

func (l *Ledger) room() bool { return l.ownRoom() && (l.total == nil || l.total.room()) }

// ownRoom reports whether the limits of the ledger itself leave room.
func (l *Ledger) ownRoom() bool { return !l.shut && l.active() < l.maxActive }

// limited reports whether there is a limit of slots.
func (l *Ledger) limited() bool {
	return l.maxActive != NoLimit || l.total != nil && l.total.maxActive != NoLimit
}

// AtCapacity reports whether an acquire would have to wait, or be refused. Only
// then does a caller that wants to wait need a waiter.
func (l *Ledger) AtCapacity() bool {
	return l.tally[Idle] == 0 && (l.active() >= l.maxActive || l.total != nil && l.total.full())
}

// HasWaiters reports whether a waiter is in the queue.
func (l *Ledger) HasWaiters() bool { return l.queue.n > 0 }

// Empty reports whether the ledger has neither slots nor waiters.
func (l *Ledger) Empty() bool { return l.active() == 0 && l.queue.n == 0 }

// Owner returns Config.Owner.
func (l *Ledger) Owner() any { return l.cfg.Owner }

// IsShut reports whether Shut was called.
func (l *Ledger) IsShut() bool { return l.shut }

// Drained reports whether the ledger is shut and nothing occupies capacity any
// more.
func (l *Ledger) Drained() bool { return l.shut && l.active() == 0 }

// String renders the state in one line, for panics and failed tests.
func (l *Ledger) String() string {
	t := &l.tally
	s := fmt.Sprintf("ledger{active %d of %d: opening %d, testing %d, idle %d of %d, leased %d, closing %d; waiting %d; next %v",
		l.active(), l.maxActive, t[Opening], t[Testing], t[Idle], l.maxIdle, t[Leased], t[Closing], l.queue.n, l.next)
	if l.shut {
		s += "; shut"
	}
	return s + "}"
}

// state returns the slot's state. A slot that was cut off with the whole idle list is
// closing, though its own state still says idle.
func (l *Ledger) state(s *Slot) State {
	if s.state == Idle && s.epoch != l.epoch {
		return Closing
	}
	return s.state
}

// move changes a slot's state, and the tallies with it (I1). The fast paths
// (LendFast, grant, pushIdle, EnterLane and sweep) change both themselves. If state
// and tallies disagree, Check finds it.
func (l *Ledger) move(s *Slot, to State) {
	l.leaves(l.state(s))
	l.tally[l.state(s)]--
	l.tally[to]++
	s.state = to
	s.epoch = l.epoch
}

// current panics unless h is current and its slot is in state a or b: anything else
// is a mistake of the ledger's owner.
func (l *Ledger) current(event string, h Handle, a, b State) *Slot {
	if h.Slot == nil || h.Gen != h.Slot.gen {
		panic(fmt.Sprintf("ledger: %s of stale %v in %v", event, h, l))
	}
	if st := l.state(h.Slot); st != a && st != b {
		panic(fmt.Sprintf("ledger: %s of %v, which is %v, in %v", event, h, st, l))
	}
	return h.Slot
}

// State returns the slot's state in l.
func (l *Ledger) State(s *Slot) State { return l.state(s) }
