package resource

import (
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// armLocked sets the timer to the ledger's next deadline. It is called with mu held.
func (p *core[T]) armLocked() {
	p.timerAt = min(p.ledger.NextDeadline(), p.tickState.next)
	d := max(0, p.timerAt.Sub(p.clock.read()))
	if p.timer == nil {
		p.timer = time.AfterFunc(d, p.onTimer)
	} else {
		p.timer.Reset(d)
	}
}

// after has f called on its own goroutine: the one that bounds a single call
// of a user's function.
func after(d time.Duration, f func()) *time.Timer { return time.AfterFunc(d, f) }

// onTimer runs on the timer's goroutine, which ends with it. First all that is due
// is decided upon, a batch in each hold of the lock, and the timer set again;
// closing comes last, since it may take long.
func (p *core[T]) onTimer() {
	var todo ledger.Work
	for more := true; more; {
		now := p.lock()
		p.timerAt = policy.Never
		p.tickLocked(now)
		p.ledger.Advance(now)
		more = p.ledger.NextDeadline() <= now
		if more {
			p.timerAt = -1 // this goroutine comes again: nobody needs to set the timer
		}
		w := p.unlock()
		p.wakeAndOpen(&w)
		todo.Add(&w)
	}
	p.closeAll(todo, false)
}
