package ledger

import (
	"strings"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// TestCheckFinds breaks a good ledger in one way after another. It expects Check to
// name the invariant and, if Check has several checks for it, to say what is wrong.
// There are four slots: 1 is leased, 2 and 3 are idle, 4 is gone.
func TestCheckFinds(t *testing.T) {
	for name, c := range map[string]struct {
		want  string
		spoil func(l *Ledger)
	}{
		"a tally is wrong":         {"I1", func(l *Ledger) { l.tally[Leased]++ }},
		"a state is wrong":         {"I1", func(l *Ledger) { l.idle.front.state = Leased }},
		"a slot is lost":           {"I1", func(l *Ledger) { l.live[0], l.live[1] = l.live[1], l.live[0] }},
		"the idle list is broken":  {"I1", func(l *Ledger) { l.idle.back.prev = nil }},
		"the idle list has no end": {"I1", func(l *Ledger) { l.idle.back = l.idle.front }},
		"too many are active":      {"I2", func(l *Ledger) { l.ceiling = l.active() - 1 }},
		"too many are idle":        {"I2", func(l *Ledger) { l.maxIdle = 1 }},
		"idle in the lane":         {"I2", func(l *Ledger) { l.lane = l.idle.front }},
		"no place beside the lane": {"I2", func(l *Ledger) { l.EnterLane(0); l.maxIdle = int(l.tally[Idle]) }},
		"one waits beside the lane": {"I2", func(l *Ledger) {
			l.EnterLane(0)
			l.queue.push(new(Waiter))
			l.acquires++
		}},
		"a lane where all is looked at": {"I2", func(l *Ledger) { l.EnterLane(0); l.checkReturns = true }},
		"one waits beside idle":         {"I3", func(l *Ledger) { l.queue.push(new(Waiter)); l.acquires++ }},
		"a ticket is wrong": {"I4", func(l *Ledger) {
			w := new(Waiter)
			l.queue.push(w)
			w.ticket++
		}},
		"the queue is counted wrong": {"I1", func(l *Ledger) { l.queue.n++ }},
		"one that waits thinks that it does not": {"I4: a waiter with ticket 0", func(l *Ledger) {
			w := new(Waiter)
			l.queue.push(w)
			w.queued = false
		}},
		"a hole is first": {"I4: 1 wait, and no waiter is first", func(l *Ledger) {
			fill(l)
			wait(l, Never)
			wait(l, Never)
			*l.queue.slotOf(0) = nil
			l.queue.n--
		}},
		"one waits beside idle, without room": {"I3", func(l *Ledger) {
			l.Resize(0, l.active(), NoLimit)
			wait(l, Never)
		}},
		"one waits where there is room":  {"I3", func(l *Ledger) { take(l); wait(l, Never) }},
		"a waiter is kept that has left": {"I4: 1 waiters are kept", func(l *Ledger) { l.queue.push(new(Waiter)); l.queue.head++; l.queue.n-- }},
		"a slot is kept that has left":   {"I9: slot 9 has left", func(l *Ledger) { l.live = append(l.live, &Slot{id: 9})[:len(l.live)] }},
		"an entry is kept that has left": {"I7: slot 9 has left", func(l *Ledger) {
			h := &l.heap
			h.entries = append(h.entries, deadline{0, &Slot{id: 9}})[:len(h.entries)]
		}},
		"one in the idle list is no more": {"I1: slot 2 in the idle list", func(l *Ledger) { l.grant(l.idle.front) }},
		"an idle one is not in the list":  {"I1: 1 slots in the idle list", func(l *Ledger) { l.idle.remove(l.idle.front) }},
		"a closing one has a deadline": {"I7: slot 2 is closing", func(l *Ledger) {
			l.move(l.idle.front, Closing)
			l.idle.remove(l.idle.front)
			l.stats.Acquires++
			l.heap.entries[0].at = 0
		}},
		"a waiter's time is forgotten":     {"I7: a waiter", func(l *Ledger) { fill(l); wait(l, 1) }},
		"idle after shut, alone":           {"I6", func(l *Ledger) { l.shut, l.next = true, Never; l.setFastPaths() }},
		"one waits after shut":             {"I6", func(l *Ledger) { fill(l); wait(l, Never); l.shut, l.next = true, Never; l.setFastPaths() }},
		"something is due after shut":      {"I6", func(l *Ledger) { take(l); l.shut, l.next = true, 7; l.setFastPaths() }},
		"more may be active than there is": {"I2: up to", func(l *Ledger) { l.ceiling++; l.setFastPaths() }},
		"fewer may be active":              {"I2: up to", func(l *Ledger) { l.maxActive-- }},
		"returns are not looked at":        {"I2: returns are", func(l *Ledger) { l.Resize(0, 8, 2); l.maxIdle, l.trimming, l.minIdle.want = 0, true, 0 }},
		"the common case is not taken":     {"I2: the common case", func(l *Ledger) { l.fastReturn = false }},
		"MinIdle of other limits":          {"I2: MinIdle", func(l *Ledger) { l.minIdle.want = 1 }},
		"nothing is trimmed":               {"I2", func(l *Ledger) { l.Resize(0, 2, 8); l.trimming = false }},
		"an opening for MinIdle is not":    {"I1: 0 are opened for MinIdle", func(l *Ledger) { l.minIdle.filling = true }},
		"one is that was forgotten":        {"I1: 1 are opened for MinIdle", func(l *Ledger) { l.open(forMinIdle) }},
		"two are":                          {"I1: 2 are opened for MinIdle", func(l *Ledger) { l.open(forMinIdle); l.open(forMinIdle); l.minIdle.filling = true }},
		"one is in stock that is lent":     {"I1: slot 1 is leased", func(l *Ledger) { l.live[0].openedFor = unusedFill }},
		"a pause for nothing":              {"I7: 0 openings", func(l *Ledger) { l.minIdle.pausedTo = 7 }},
		"no pause for something":           {"I7: 1 openings", func(l *Ledger) { l.minIdle.wasted = 1 }},
		"an acquire has no outcome":        {"I5", func(l *Ledger) { l.acquires++ }},
		"an acquire has two outcomes":      {"I5", func(l *Ledger) { l.stats.Canceled++ }},
		"idle after shut":                  {"I6", func(l *Ledger) { l.shut = true }},
		"next is late":                     {"I7", func(l *Ledger) { l.next = Never }},
		"the heap is out of order":         {"I7", func(l *Ledger) { l.heap.entries[0].at = Never }},
		"a place in the heap":              {"I7", func(l *Ledger) { l.heap.entries[0].slot.heapPos = 7 }},
		"a close is forgotten":             {"I9", func(l *Ledger) { l.stats.Opened++ }},
		"a close is counted twice":         {"I9", func(l *Ledger) { l.stats.Closed[Surplus]++ }},
		"a slot leaves closing":            {"I9", func(l *Ledger) { l.open(forNobody).Handle.Slot.why = Surplus }},
		"a queue stands without waiters":   {"I16: 0 wait", func(l *Ledger) { sheds(l); l.shedding.stands = 0 }},
		"a queue stands too late":          {"I16: the first waiter came", func(l *Ledger) { sheds(l); fill(l); wait(l, Never); l.shedding.stands = 7 }},
		"one to be shed is forgotten":      {"I16: a waiter may be refused", func(l *Ledger) { sheds(l); fill(l); wait(l, Never); l.shedding.stands = 1 }},
		"one came before the first": {"I16: a waiter that came at 3ns", func(l *Ledger) {
			sheds(l)
			fill(l)
			wait(l, Never)
			wait(l, Never)
			l.queue.first().came, l.shedding.stands, l.next = 5, 6, 0
			(*l.queue.slotOf(l.queue.tail - 1)).came = 3
		}},
		"an urgent one is not counted": {"I18: -1 of 1 waiters", func(l *Ledger) {
			fill(l)
			wait(l, Never)
			l.urgent.n = -1
			l.setFastPaths()
		}},
		"too many urgent ones in a row": {"I18: 5 urgent waiters", func(l *Ledger) {
			fill(l)
			wait(l, Never)
			l.urgent.run = 5
			l.setFastPaths()
		}},
		"urgent ones in a row before nobody": {"I18: 1 urgent waiters were served in a row, and no", func(l *Ledger) { l.urgent.run = 1; l.setFastPaths() }},
		"an urgent one among others": {"I18: a waiter of the wrong class", func(l *Ledger) {
			fill(l)
			wait(l, Never)
			l.queue.first().Urgent = true
		}},
		"a successor is not counted":  {"I15: 1 slots in use", func(l *Ledger) { l.replacing.ahead = 1; leasedSlot(l).details.superseded = true }},
		"an idle one has a successor": {"I15: slot 2 has a successor", func(l *Ledger) { l.replacing.ahead = 1; l.idle.front.details.superseded = true }},
		"no place is made":            {"I15: slot 2 makes place", func(l *Ledger) { l.replacing.closing = l.idle.front }},
		"one to be replaced is forgotten": {"I7: a slot is to be replaced", func(l *Ledger) {
			s := l.idle.front
			s.expires = 9
			l.replacing.ahead = 1
			l.scheduleReplacing(0, s)
			l.next = 10
		}},
		"one to be replaced is out of order": {"I7: the heap of slots to replace", func(l *Ledger) {
			s := l.idle.front
			s.expires = 9
			l.replacing.ahead = 1
			l.scheduleReplacing(0, s)
			s.details.replacePos = 7
		}},
	} {
		l, slots := crowd(t, Config{MaxActive: 8, MaxIdle: 8, Eviction: policy.IdleTimeout(time.Minute)}, 4)
		l.Acquire(0, nil)
		l.evict(0, slots[3], Surplus)
		drain(l, 0)
		if err := l.Check(); err != nil {
			t.Fatalf("%s: before: %v", name, err)
		}
		for _, s := range l.live {
			if s.details == nil {
				s.details = &details{softAt: Never}
			}
		}
		c.spoil(l)
		if err := l.Check(); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// sheds lets a ledger shed waiters, from a target of 1ns and an interval of 2ns on.
func sheds(l *Ledger) {
	l.shedding = shedding{target: 1, interval: 2, stands: Never}
	l.timedWaits = true
	l.setFastPaths()
}

// leasedSlot returns a slot that is leased.
func leasedSlot(l *Ledger) *Slot {
	for _, s := range l.live {
		if l.state(s) == Leased {
			return s
		}
	}
	panic("none is leased")
}

// take leases all idle slots.
func take(l *Ledger) {
	for l.tally[Idle] > 0 {
		l.Acquire(0, nil)
	}
}

// fill leases slots up to the limit.
func fill(l *Ledger) {
	for !l.AtCapacity() {
		if a := l.Acquire(0, nil); a.Do == Open {
			l.Opened(0, a.Handle)
		}
	}
}

// wait puts a waiter with a deadline into the queue.
func wait(l *Ledger, until Instant) {
	w := &Waiter{deadline: until}
	l.queue.push(w)
	l.acquires++
}
