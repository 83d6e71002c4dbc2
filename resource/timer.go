package resource

import (
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// arm sets the timer to the ledger's next deadline. It is called with mu held.
func (p *core[T]) arm() {
	p.armed = min(p.ledger.Next(), p.ticks.at)
	d := max(0, p.armed.Sub(p.clock.read()))
	if p.timer == nil {
		p.timer = time.AfterFunc(d, p.tick)
	} else {
		p.timer.Reset(d)
	}
}

// after has f called on a goroutine of its own: the one that bounds a single call
// of a user's function.
func after(d time.Duration, f func()) *time.Timer { return time.AfterFunc(d, f) }

// tick runs on the timer's goroutine, which ends with it. First all that is due
// is decided upon, a batch in each hold of the lock, and the timer set again;
// closing comes last, since it may take long.
func (p *core[T]) tick() {
	var todo ledger.Work
	for more := true; more; {
		now := p.lock()
		p.armed = policy.Never
		p.beat(now)
		p.ledger.Advance(now)
		more = p.ledger.Next() <= now
		if more {
			p.armed = -1 // this goroutine comes again: nobody needs to set the timer
		}
		w := p.unlock()
		p.wakeAndOpen(&w)
		todo.Add(&w)
	}
	p.closeAll(todo, false)
}
