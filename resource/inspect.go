package resource

import (
	"math"
	"slices"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// Inspection describes each resource and waiter of a pool, for a page or a log that an
// operator reads. It can be encoded as JSON; durations are in nanoseconds there.
type Inspection struct {
	Time      time.Time      `json:"time"`      // when Inspect was called
	Stats     Stats          `json:"stats"`     // as of that time
	Resources []ResourceInfo `json:"resources"` // in the order of their numbers
	// Waiters are the callers in the queue, from the first on, urgent ones before all
	// others. There are 256 at most; Stats.Waiting counts all.
	Waiters []WaiterInfo `json:"waiters"`
	// LastOpenFailure is the opening that failed last, or nil if none has failed yet.
	LastOpenFailure *OpenFailure `json:"last_open_failure,omitempty"`
	// LastLost is the lease that the program has lost last, or nil if it has lost none, or
	// without Config.Reclaim.
	LastLost *LostLease `json:"last_lost,omitempty"`
	// Closed is true once the pool is closed, also while Shutdown waits for leases.
	Closed bool `json:"closed,omitempty"`
}

// ResourceInfo describes a resource. Inspect looks at resources one after another, so two
// of them may show the states of different instants.
type ResourceInfo struct {
	// Number is the number of the resource in its pool, as in Event.Resource. Resources are
	// numbered from 1 in the order in which they began to be opened.
	Number uint64 `json:"number"`
	// State is opening, testing, idle, leased or closing.
	State string `json:"state"`
	// Since is when the resource came into its state. It is zero if the pool does not know
	// the time. For an idle resource the pool knows it if a policy needs it (Eviction,
	// BorrowTest). For a leased resource the pool knows it with an Observer, Histograms,
	// LeakAfter or Reclaim.
	Since time.Time `json:"since,omitzero"`
	// Age is the time since the resource was opened, or zero while it is being opened.
	Age time.Duration `json:"age"`
	// Uses is how often the resource was lent.
	Uses uint64 `json:"uses"`
	// Holder is the stack of the caller that has the lease, with Config.LeakAfter or
	// Config.Reclaim.
	Holder string `json:"holder,omitempty"`
}

// WaiterInfo describes a caller in the queue.
type WaiterInfo struct {
	Age    time.Duration `json:"age"`              // how long it has waited
	Urgent bool          `json:"urgent,omitempty"` // it is a call of AcquireUrgent
}

// OpenFailure is an opening that failed.
type OpenFailure struct {
	Time time.Time `json:"time"` // when it failed
	Text string    `json:"text"` // of the error
	// Over is true if an opening has succeeded since.
	Over bool `json:"over"`
}

// LostLease is a lease that the program has lost, and whose place the pool has taken back.
type LostLease struct {
	Time     time.Time `json:"time"`     // when the garbage collector found it
	Resource uint64    `json:"resource"` // the number of its resource
	Holder   string    `json:"holder"`   // the stack of the caller who had it
}

// inspectBatch bounds how many resources one hold of the lock looks at, and how many
// waiters.
const inspectBatch = 256

// Inspect describes the resources and the waiters of the pool. It takes time and memory in
// proportion to their number, but holds the pool's lock only for a batch of them at a time.
func (p *Pool[T]) Inspect() Inspection {
	var in Inspection
	at := p.clock.read()
	p.mu.Lock()
	inLane := p.reportLaneLocked()
	st := p.ledger.Stats()
	failure := p.openFailure
	in.Waiters, in.Closed = p.waitersLocked(at), p.ledger.IsShut()
	p.mu.Unlock()
	in.Time, in.Stats = p.clock.time(at), p.publicStats(st, inLane)
	p.addTimes(&in.Stats)
	in.LastOpenFailure = failure.describe(&p.clock, st.Opened)
	in.Resources = p.inspectResources(at)
	if p.loans != nil {
		in.LastLost = p.loans.describeLost()
		stacks := p.loans.stacks()
		for i := range in.Resources {
			if r := &in.Resources[i]; r.State == ledger.Leased.String() {
				r.Holder = stacks[r.Number]
			}
		}
	}
	return in
}

func (p *core[T]) waitersLocked(now policy.Instant) []WaiterInfo {
	ws := []WaiterInfo{}
	p.ledger.FirstWaiters(inspectBatch, func(w *ledger.Waiter) {
		var age time.Duration
		if began := w.Tag.(*waiter).began.Load(); began != 0 {
			age = max(0, now.Sub(policy.Instant(began)))
		}
		ws = append(ws, WaiterInfo{age, w.Urgent})
	})
	return ws
}

// inspectResources goes through the resources from the last to the first, so it visits
// each one that stays (see ledger.LiveSlot). It may visit a resource twice that takes the
// place of another in between.
func (p *core[T]) inspectResources(now policy.Instant) []ResourceInfo {
	all := []ResourceInfo{}
	for below := math.MaxInt; below > 0; {
		below = p.inspectBatch(now, below, &all)
	}
	slices.SortFunc(all, func(a, b ResourceInfo) int { return int(int64(a.Number) - int64(b.Number)) })
	return slices.CompactFunc(all, func(a, b ResourceInfo) bool { return a.Number == b.Number })
}

func (p *core[T]) inspectBatch(now policy.Instant, below int, all *[]ResourceInfo) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	below = min(below, p.ledger.Levels().Active)
	for range min(below, inspectBatch) {
		below--
		*all = append(*all, p.describeLocked(now, entryOf[T](p.ledger.LiveSlot(below))))
	}
	return below
}

func (p *core[T]) describeLocked(now policy.Instant, e *entry[T]) ResourceInfo {
	s, facts, word := &e.slot, e.slot.Facts(), e.word.Load()
	state, returned := p.ledger.State(s), facts.Returned
	r := ResourceInfo{Number: uint64(s.ID()), Uses: uint64(facts.Uses)}
	inLane := p.lane.Load() == e
	if inLane { // the ledger believes that it is leased
		r.Uses = word.leases()
		switch word.state() {
		case laneIdle:
			state, returned = ledger.Idle, policy.Instant(e.returned.Load())
		case laneTesting:
			state = ledger.Testing
		}
	}
	r.State = state.String()
	switch {
	case state == ledger.Idle && p.clock.needReturnTime:
		r.Since = p.clock.time(returned)
	case state == ledger.Leased && p.watch != nil:
		// The borrower notes the instant once it has the resource.
		if since := policy.Instant(e.returned.Load()); since > 0 && since >= returned {
			r.Since = p.clock.time(since)
		}
	case state == ledger.Opening, state == ledger.Closing, state == ledger.Testing && !inLane:
		// The call may not have begun yet.
		if since := policy.Instant(e.until.Load()); since > 0 && since >= p.ledger.OpenedAt(s) && since <= now {
			r.Since = p.clock.time(since)
		}
	}
	if state != ledger.Opening {
		r.Age = max(0, now.Sub(p.ledger.OpenedAt(s)))
	}
	return r
}

// callBegins notes when the opening or closing of a resource begins.
func (e *entry[T]) callBegins() { e.until.Store(int64(max(e.pool.clock.read(), 1))) }
