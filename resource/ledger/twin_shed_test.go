package ledger_test

import (
	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// noteQueue notes how the queue has changed since it was called last.
func (tw *twin) noteQueue() {
	wakes := false // the last waiter that was woken is served
	for _, e := range tw.effects[tw.noted:] {
		if e.Kind == story.Wakes && !tw.client(e.Client).urgent {
			wakes = e.Do != ledger.Refused
		}
	}
	tw.noted = len(tw.effects)
	served := tw.stats.Granted + tw.stats.WaitsGranted
	switch {
	case tw.pool.ShedTarget == 0 || len(tw.queue) == 0 && tw.stands == ledger.Never:
		return
	case len(tw.queue) == 0:
		tw.stands, tw.lastServed = ledger.Never, served
		tw.overloaded = tw.overloaded && !wakes
		return
	}
	late := tw.queue[0].came.Add(tw.pool.ShedTarget)
	switch {
	case tw.stands == ledger.Never:
		tw.stands = late
		tw.overloaded = tw.overloaded && served == tw.lastServed
	case late > tw.now:
		tw.stands = late
	}
}

// shedAt returns when the first in the queue is refused, or the pool becomes overloaded.
func (tw *twin) shedAt() ledger.Instant {
	switch {
	case tw.pool.ShedTarget == 0 || len(tw.queue) == 0:
		return ledger.Never
	case tw.overloaded:
		return tw.queue[0].came.Add(tw.pool.ShedTarget)
	}
	return tw.stands.Add(tw.pool.ShedInterval)
}

// shed refuses those who have waited for the target, if the queue has stood too long.
func (tw *twin) shed() {
	tw.noteQueue()
	if tw.shedAt() > tw.now {
		return
	}
	tw.overloaded = true
	for tw.shedAt() <= tw.now {
		client := tw.queue[0].client
		tw.unqueue(client)
		tw.stats.WaitsRefused++
		tw.refuse(story.Wakes, client, ledger.Shed)
	}
	tw.noteQueue()
}
