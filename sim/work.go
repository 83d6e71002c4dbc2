package sim

import (
	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/sim/internal/observe"
)

// after ends an event of the ledger whose caller is not held up by the work that
// it causes: a goroutine of its own closes what is to be closed.
func (e *engine) after() {
	if e.ledger.Pending() {
		w := e.ledger.Take()
		e.wakeAndOpen(&w)
		e.startBatch(&w, ledger.Handle{}, nil)
	}
	e.arm()
}

// finish ends the event that ended a lease: its holder closes what is to be
// closed, own at last, and is done then.
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
}

// arm sets the alarm, as the pool sets its timer.
func (e *engine) arm() {
	if next := e.ledger.NextDeadline(); next < e.alarmAt {
		e.alarmAt = next
		e.alarms++
		e.queue.add(max(next, e.now), alarm, 0, e.alarms)
	}
}

// advance is what the pool's timer does: all that is due is decided upon first,
// and one goroutine closes what follows from it.
func (e *engine) advance() {
	e.alarmAt = -1 // it goes on until nothing is due: no alarm is needed meanwhile
	var todo ledger.Work
	for more := true; more; {
		e.ledger.Advance(e.now)
		e.seen("advance", nil, observe.Event{})
		more = e.err == nil && e.ledger.NextDeadline() <= e.now
		w := e.ledger.Take()
		e.wakeAndOpen(&w)
		todo.Add(&w)
	}
	e.alarmAt = ledger.Never
	e.startBatch(&todo, ledger.Handle{}, nil)
	e.arm()
}
