package resource

import (
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// armLocked sets the timer to the ledger's next deadline or the next tick,
// whichever comes first.
func (p *core[T]) armLocked() {
	p.timerAt = min(p.ledger.NextDeadline(), p.tickState.next)
	d := max(0, p.timerAt.Sub(p.clock.read()))
	if p.timer == nil {
		p.timer = time.AfterFunc(d, p.onTimer)
	} else {
		p.timer.Reset(d)
	}
}

// after calls f on its own goroutine when d has passed. It makes every timer of
// this package except the pool's own.
func after(d time.Duration, f func()) *time.Timer { return time.AfterFunc(d, f) }

// onTimer runs on a goroutine of its own each time that the timer fires. It first
// decides about all that is due, one batch each time that it holds the lock, and
// sets the timer again. It closes resources last, since that may take long.
func (p *core[T]) onTimer() {
	var todo ledger.Work
	for more := true; more; {
		now := p.lock()
		p.timerAt = policy.Never
		p.tickLocked(now)
		p.ledger.Advance(now)
		more = p.ledger.NextDeadline() <= now
		if more {
			p.timerAt = -1 // this goroutine takes the lock again and sets the timer itself
		}
		w := p.unlock()
		p.wakeAndOpen(&w)
		todo.Add(&w)
	}
	p.closeAll(todo, false)
}
