package ledger

import (
	"slices"
	"strconv"
)

// Only oracles and tests use this file, not the pool. It is here because it needs state
// that is not exported.

// KeepFacts makes Slot.Facts complete even where no policy asks for the facts again. It
// must come before the first event. A pool in production leaves the facts out, since they
// take memory for each slot.
func (l *Ledger) KeepFacts() { l.detailed = true }

// Peek shows the work that is not taken yet to an observer. It calls wake for each
// waiter to be woken, closes for each slot to be closed, opens for the slot to be
// opened, and tests for each slot to be tested.
func (l *Ledger) Peek(wake func(*Waiter), closes, opens, tests func(Handle)) {
	for w := l.work.wake; w != nil; w = w.next {
		wake(w)
	}
	for _, s := range []*Slot{l.work.close, l.work.swept} {
		for ; s != nil; s = s.next {
			closes(s.Handle())
		}
	}
	if s := l.work.open; s != nil {
		opens(s.Handle())
	}
	for s := l.work.test; s != nil; s = s.next {
		tests(s.Handle())
	}
}

// AppendState appends to b the part of the state that determines what happens from
// now on, and nothing else. Two ledgers of one configuration that append the same
// go on in the same way. Instants count from now, and all that have passed count as
// zero. Generations and totals are left out. Slots stand in the order of their
// numbers. A search through states compares them by it.
func (l *Ledger) AppendState(b []byte, now Instant) []byte {
	live := slices.SortedFunc(slices.Values(l.live), func(s, t *Slot) int { return int(s.id) - int(t.id) })
	rank := func(s *Slot) int { return slices.Index(live, s) }
	d := stateWriter{b, now}
	d.flags(l.shut, l.minIdle.filling, l.trimming)
	d.numbers(l.maxActive, l.maxIdle, l.minIdle.want, l.ceiling, min(l.minIdle.failures, 11), min(l.minIdle.wasted, 11))
	d.instants(l.minIdle.pausedTo, l.next)
	d.numbers(slices.Index(live, l.lane), min(l.hold.failures, 64), slices.Index(live, l.hold.probe), l.hold.undone)
	d.instants(l.hold.until)
	for _, s := range live {
		d.slot(l, s)
	}
	for s := l.idle.front; s != nil; s = s.next {
		d.numbers(rank(s))
	}
	for _, e := range l.heap.entries {
		d.numbers(rank(e.slot))
		d.instants(e.at)
	}
	for _, e := range l.idleTests.due.entries {
		d.numbers(rank(e.slot))
		d.instants(e.at)
	}
	if l.replacing.ahead > 0 {
		for _, e := range l.replacing.due.entries {
			d.numbers(slices.Index(live, e.slot))
			d.instants(e.at)
		}
		d.numbers(slices.Index(live, l.replacing.closing))
		for _, s := range live {
			d.numbers(slices.Index(live, s.details.replaces))
		}
	}
	for _, u := range l.idleTests.under {
		d.numbers(rank(u.slot), slices.Index(live, u.before))
	}
	if l.shedding.target > 0 {
		d.flags(l.Overloaded())
		d.instants(l.shedding.stands.Add(l.shedding.interval))
	}
	d.numbers(int(l.urgent.run))
	for _, q := range [...]*queue{&l.urgent.queue, &l.queue} {
		d.queue(l, q)
	}
	return d.bytes
}

type stateWriter struct {
	bytes []byte
	now   Instant
}

func (d *stateWriter) queue(l *Ledger, q *queue) {
	d.numbers(int(q.tail - q.head))
	for t := q.head; t != q.tail; t++ {
		if w := *q.slotOf(t); w != nil {
			d.instants(w.deadline)
			d.flags(w.rejoined, w.Unbounded)
			if l.shedding.target > 0 {
				d.instants(w.came.Add(l.shedding.target))
			}
		} else {
			d.numbers(0)
		}
	}
}

func (d *stateWriter) slot(l *Ledger, s *Slot) {
	state := l.state(s)
	d.numbers(int(state), int(s.then))
	d.numbers(int(s.openedFor))
	d.flags(s.resets == l.resets, l.heap.has(s))
	if l.replacing.ahead > 0 {
		d.flags(s.uses > 0, s.details.superseded)
	}
	switch state {
	case Opening, Closing:
		d.bytes = append(d.bytes, '\n')
		return
	case Idle:
		d.instants(s.softAt())
		if s.details != nil {
			d.numbers(s.details.softKeep)
			d.flags(s.details.softPos > 0)
			d.instants(s.details.idleTestAt)
		}
		fallthrough
	case Testing:
		d.instants(s.until)
		if s.details != nil {
			d.bytes = strconv.AppendUint(d.bytes, s.details.due, 2)
		}
	}
	d.instants(s.expires)
	if s.maxUses > 0 {
		d.numbers(int(s.uses))
	}
	d.flags(l.suspected(s))
	for i := range l.gates {
		d.instants(l.gateFrom(i, s))
	}
	d.bytes = append(d.bytes, '\n')
}

func (d *stateWriter) flags(all ...bool) {
	for _, is := range all {
		d.bytes = strconv.AppendBool(d.bytes, is)[:len(d.bytes)+1]
	}
}

func (d *stateWriter) numbers(all ...int) {
	for _, n := range all {
		d.bytes = append(strconv.AppendInt(d.bytes, int64(n), 10), ' ')
	}
}

func (d *stateWriter) instants(all ...Instant) {
	for _, i := range all {
		if i != Never {
			i = max(0, i-d.now)
		}
		d.bytes = append(strconv.AppendInt(d.bytes, int64(i), 36), '@')
	}
}
