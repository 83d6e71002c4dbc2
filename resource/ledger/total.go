package ledger

// Total is a limit over several ledgers: the pools of a keyed pool, each with a ledger
// and limits of its own. A Total and its ledgers are one state machine. So their owner
// serializes all of their events, and all instants are on one time line.
//
// A slot takes a place of its ledger's MaxActive and a place of the total. When the
// total has no place left, an acquire takes the place of the slot that has been idle
// longest, whatever ledger that is in. The acquirer closes that slot first. Until
// then the place is still the closing slot's, so the limit holds at every instant.
//
// An event of one ledger may mean work for others. The owner finds them with
// NextTouched after each event.
//
// # Invariants
//
// [Total.Check] verifies them, as far as a single state shows them:
//
//	T1  The places taken are the slots of all ledgers, not counting those that
//	    still wait for the close of the slot whose place they take. They are at
//	    most MaxActive at every event.
//	T2  The idle list of the total has the idle slots of all ledgers, in the order
//	    in which they became idle. They are at most MaxIdle. A slot that is tested
//	    in the background is not idle, and has its old place when it is again.
//	T3  No eligible waiter waits while the total has room or any slot of any ledger
//	    is idle. A waiter is eligible if it is the first of its ledger, its ledger
//	    has room, and openings are not held there: it lacks only a place of the total.
//	T4  Of the eligible waiters the one that has waited longest is served first. A
//	    slot that comes back goes to an eligible waiter of another ledger if that
//	    one has waited longer than all waiters of the slot's own ledger. An urgent
//	    waiter counts as if it had waited as long as the oldest waiter of its ledger.
//	T5  A slot that is closed for an acquire of another ledger has one heir there,
//	    and each heir has one such slot.
//	T6  A ledger with work, or with an earlier deadline than before the event, is
//	    touched.
//	T7  At rest every ledger has its MinIdle, or it is at a limit of its own, or it
//	    pauses, or the total has no room for an idle slot. MinIdle never takes the place of a
//	    slot, nor a place that a waiter needs.
//
// # Cost
//
// No event walks over all ledgers or all slots. The idle list is intrusive, so a
// slot joins and leaves it in O(1). The ledgers with a waiter that lacks only a place
// of the total are in a heap, by the arrival of that waiter; an event changes it in
// O(log n) for n such ledgers. Shut and Reset walk over the idle slots of their
// ledger.
type Total struct {
	maxActive int
	maxIdle   int

	active  int // places taken (T1)
	leased  int // slots leased, in all ledgers
	waiting int // waiters of all ledgers
	filling int // openings for MinIdle under way
	tested  int // slots that are tested in the background

	idle     totalIdle
	eligible eligibleHeap
	arrivals uint64 // waiters so far

	touched []*Ledger
	// Ledgers that have less than MinIdle for lack of room in the total, in FIFO order.
	hungryFirst, hungryLast *Ledger

	peakActive, peakLeased, peakIdle, peakWaiting int
}

// member is the state of a ledger that belongs to a Total.
type member struct {
	eligiblePos  int32  // place in the heap, from 1; zero: not there
	firstArrival uint64 // that of its oldest waiter, while it is in the heap
	touched      bool
	pauseOver    bool // it was seen that hold.until has passed
	hungry       bool
	hungryNext   *Ledger
}

// NewTotal returns a Total without ledgers. The limits are those of [Config]. If
// maxIdle is zero, the MaxIdle of every ledger must be zero as well.
func NewTotal(maxActive, maxIdle int) *Total {
	if maxActive < 1 || maxIdle < 0 {
		panic("ledger: impossible limits of a total")
	}
	return &Total{maxActive: maxActive, maxIdle: maxIdle}
}

// Join begins the life of a ledger whose Config.Total is set: New and Init do not
// touch the Total.
func (l *Ledger) Join(now Instant) { l.scheduleFillIfMinIdle(now) }

// Limits returns the limits over all ledgers. They never change.
func (t *Total) Limits() (maxActive, maxIdle int) { return t.maxActive, t.maxIdle }

// TotalLevels are the counts over all ledgers of a Total.
type TotalLevels struct {
	Active, Leased, Idle, Waiting int // now

	PeakActive, PeakLeased, PeakIdle, PeakWaiting int // most at a time
}

// Levels returns the counts over all ledgers, in O(1).
func (t *Total) Levels() TotalLevels {
	return TotalLevels{
		Active: t.active, Leased: t.leased, Idle: t.idle.n, Waiting: t.waiting,
		PeakActive: t.peakActive, PeakLeased: t.peakLeased, PeakIdle: t.peakIdle, PeakWaiting: t.peakWaiting,
	}
}

// NextTouched returns a ledger that may have work, or a deadline that has changed, or
// slots or waiters fewer or more than before. It returns nil when there is none left.
// Call it after every event, until it returns nil.
func (t *Total) NextTouched() *Ledger {
	last := len(t.touched) - 1
	if last < 0 {
		return nil
	}
	l := t.touched[last]
	t.touched[last] = nil
	t.touched = t.touched[:last]
	l.touched = false
	return l
}

// Touched reports whether NextTouched would return a ledger.
func (t *Total) Touched() bool { return len(t.touched) > 0 }

// touch has NextTouched return the ledger (T6).
func (l *Ledger) touch() {
	if l.total != nil && !l.touched {
		l.touched = true
		l.total.touched = append(l.total.touched, l)
	}
}

// room reports whether the total has a place left.
func (t *Total) room() bool { return t.active < t.maxActive }

// full reports whether the total has neither room nor an idle slot whose place could
// be taken.
func (t *Total) full() bool { return !t.room() && t.idle.n == 0 }

// canTakeOver reports whether the ledger could take the place of an idle slot.
func (l *Ledger) canTakeOver() bool {
	return l.total != nil && !l.shut && l.active() < l.maxActive && l.total.idle.n > 0
}

// took and freed count a place of the total.
func (l *Ledger) took() {
	if t := l.total; t != nil {
		t.active++
		t.peakActive = max(t.peakActive, t.active)
		l.changed()
	}
}

func (l *Ledger) freed() {
	if t := l.total; t != nil {
		t.active--
		l.changed()
	}
}

// lent counts a slot that has become leased.
func (t *Total) lent() {
	t.leased++
	t.peakLeased = max(t.peakLeased, t.leased)
}

// leaves counts a slot that leaves its state.
func (l *Ledger) leaves(from State) {
	if l.total != nil && from == Leased {
		l.total.leased--
	}
}

// arrived gives a waiter that has joined the queue its place among those of all
// ledgers. A waiter that stands in front of another one came earlier than that one, but
// the ledger does not know by how much.
func (l *Ledger) arrived(now Instant, w, behind *Waiter) {
	t := l.total
	if t == nil {
		return
	}
	if behind != nil {
		w.arrival = behind.arrival
	} else {
		t.arrivals++
		w.arrival = t.arrivals
	}
	l.queued(1)
	l.lookAtPause(now)
	l.scheduleProbe(now)
}

// lookAtPause notes whether the pause of held openings is over.
func (l *Ledger) lookAtPause(now Instant) {
	l.pauseOver = now >= l.hold.until
	l.changed()
}

// queued counts a waiter that has joined the queue or left it.
func (l *Ledger) queued(n int) {
	if t := l.total; t != nil {
		t.waiting += n
		t.peakWaiting = max(t.peakWaiting, t.waiting)
		l.changed()
	}
}

// changed is called when the ledger's slots or waiters have changed in number: it
// may be eligible now, or not any more. And MinIdle, which waits for waiters, may
// lack nothing but room in the total now.
func (l *Ledger) changed() {
	l.touch()
	if l.minIdle.want > 0 && l.wantsFill() && !l.total.canFill() {
		l.total.noteHungry(l)
	}
	oldest, _ := l.oldestArrival()
	l.total.eligible.set(l, oldest, l.isEligible())
}

// isEligible reports whether the first waiter lacks nothing but a place of the total.
func (l *Ledger) isEligible() bool {
	held := l.OpensHeld() && (l.hold.probe != nil || !l.pauseOver)
	return l.queue.n > 0 && l.ownRoom() && !held
}

// serve lets waiters open, or take the place of an idle slot, as long as there is
// anything to give (T3), oldest first (T4).
func (t *Total) serve(now Instant) {
	for l := t.eligible.first(); l != nil && !t.full(); l = t.eligible.first() {
		l.waitsGranted++
		if t.room() {
			l.answer(now, l.firstWaiter(), l.open(forCaller))
		} else {
			l.answer(now, l.firstWaiter(), l.takeOldest(now))
		}
	}
	t.feed()
}

// olderElsewhere returns the ledger of the waiter that goes before all waiters of l,
// or nil: it waits in another ledger, lacks only a place of the total, and has waited
// longer.
func (l *Ledger) olderElsewhere() *Ledger {
	if l.total == nil {
		return nil
	}
	o := l.total.eligible.first()
	if o == nil || o == l {
		return nil
	}
	if oldest, waits := l.oldestArrival(); waits && oldest < o.firstArrival {
		return nil
	}
	return o
}
