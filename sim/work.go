package sim

import (
	"fmt"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/sim/internal/observe"
)

// after ends an event of the ledger. A goroutine of its own closes the slots that have
// to be closed, so the event's caller is not delayed.
func (e *engine) after() {
	if e.ledger.Pending() {
		w := e.ledger.Take()
		e.wakeAndOpen(&w)
		e.startBatch(&w, ledger.Handle{}, nil)
	}
	e.arm()
}

// finish ends the event that ended a lease. The holder closes the slots that have to be
// closed, then own, and is done.
func (e *engine) finish(own ledger.Handle, holder *request) {
	w := e.ledger.Take()
	e.wakeAndOpen(&w)
	e.startBatch(&w, own, holder)
	e.arm()
}

func (e *engine) wakeAndOpen(w *ledger.Work) {
	for next := w.NextWake(); next != nil; next = w.NextWake() {
		r := next.Tag.(*request)
		e.proceed(r, next.Answer())
	}
	if h, ok := w.NextOpen(); ok {
		e.openFor(nil, h)
	}
	for h, _, ok := w.NextTest(); ok; h, _, ok = w.NextTest() {
		e.testIdle(h)
	}
}

// arm sets the alarm for the first deadline, as the pool sets its timer.
func (e *engine) arm() {
	if next := e.ledger.NextDeadline(); next < e.alarmAt {
		e.alarmAt = next
		e.alarms++
		e.queue.add(max(next, e.now), alarm, 0, e.alarms)
	}
}

// standstill is more rounds than a ledger without a fault needs at one instant.
const standstill = 100_000

// advance does what the pool's timer does. It first has the ledger decide on
// everything that is due; then one goroutine closes the slots.
func (e *engine) advance() {
	e.alarmAt = -1 // the loop runs until nothing is due, and needs no alarm
	if e.keyed != nil {
		e.keyed.court.replacing.timer = true
	}
	var todo ledger.Work
	for n, more := 0, true; more; n++ {
		e.ledger.Advance(e.now)
		e.seen("advance", nil, observe.Event{})
		more = e.err == nil && e.ledger.NextDeadline() <= e.now
		if more && n > standstill {
			e.err, more = fmt.Errorf("at %v the ledger is due again and again: time does not go on", e.now), false
		}
		w := e.ledger.Take()
		e.wakeAndOpen(&w)
		todo.Add(&w)
	}
	e.alarmAt = ledger.Never
	e.startBatch(&todo, ledger.Handle{}, nil)
	e.arm()
}
