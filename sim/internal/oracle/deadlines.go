package oracle

import (
	"fmt"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// maxAdvances is how many times Advance may be called at one instant and leave something
// due. It works in batches, so it may be one more for each advanceBatch slots.
const (
	maxAdvances  = 10
	advanceBatch = 32
)

// dueOracle: NextDeadline is never later than the first deadline (I7), so everything that
// is due is done when Advance returns for the last time.
func dueOracle() oracle {
	return oracle{name: "due", after: func(w *Witness) string {
		switch d := w.deadline(); {
		case w.next > d.at:
			return fmt.Sprintf("next is %v, but %v", w.next, d)
		case w.next <= w.now && w.advances > maxAdvances+w.active()/advanceBatch:
			return fmt.Sprintf("advance was called %d times at one instant, and next is still %v", w.advances, w.next)
		}
		return ""
	}}
}

// deadline is an instant at which something must be done, about a slot or a client if it
// is set.
type deadline struct {
	at     policy.Instant
	what   string
	slot   *slot
	client *client
}

func (d deadline) String() string {
	who := ""
	switch {
	case d.slot != nil:
		who = fmt.Sprintf("slot %d ", d.slot.id)
	case d.client != nil:
		who = d.client.name + " "
	}
	return fmt.Sprintf("%s%s at %v", who, d.what, d.at)
}

// Deadline returns the first instant at which something must be done, or ledger.Never.
func (w *Witness) Deadline() policy.Instant { return w.deadline().at }

// deadline returns the first deadline.
func (w *Witness) deadline() deadline {
	first := deadline{at: ledger.Never}
	if w.shut {
		return first
	}
	sooner := func(at policy.Instant, what string, p *slot, c *client) {
		if at < first.at {
			first = deadline{at, what, p, c}
		}
	}
	for i, p := range w.idle {
		if w.pool.MaxAge == 0 && w.pool.IdleTimeout == 0 {
			break
		}
		if w.pool.MaxAge > 0 {
			sooner(p.opened.Add(w.pool.MaxAge), "is too old", p, nil)
		}
		if d := w.pool.IdleTimeout; d > 0 && (w.pool.Keep == 0 || len(w.idle)-i > w.pool.Keep) {
			sooner(p.idled.Add(d).Add(1), "is idle too long", p, nil)
		}
	}
	if d := w.pool.TestIdleEvery; d > 0 && w.underTest() < w.mayTest() {
		for _, p := range w.idle {
			sooner(p.checked.Add(d), "is to be tested in the background", p, nil)
		}
	}
	if d := w.pool.WaitTimeout; d > 0 && len(w.queue) > 0 {
		for _, c := range w.queue {
			sooner(w.waitEnds(c), "has waited too long", nil, c)
		}
	}
	if at := w.shedAt(); at != ledger.Never {
		sooner(at, "is to be shed", nil, w.ordinary()[0])
	}
	if w.hold.failures > 0 && w.hold.probe == nil && len(w.queue) > 0 && w.room() {
		sooner(max(w.now, w.hold.until), "waits for the end of a pause", nil, w.queue[0])
	}
	if p := w.firstToReplace(); p != nil {
		sooner(max(w.now, w.replaceFrom(p), w.refill.at, w.hold.until), "is to be replaced", p, nil)
	}
	if len(w.idle) > w.maxIdle || len(w.idle) > 0 && w.active()-w.count(ledger.Closing) > w.maxActive {
		sooner(w.now, "there are more than the limits allow", nil, nil)
	}
	if w.wantsIdle() {
		sooner(max(w.now, w.refill.at, w.hold.until), "there are fewer idle than MinIdle", nil, nil)
	}
	return first
}

// minIdleOracle: without a request, and not to replace another, a resource is opened only
// for MinIdle, one at a time, and not during the pause after openings that failed or were in vain.
func minIdleOracle() oracle {
	return oracle{name: "min-idle", effect: func(w *Witness, f *story.Effect) string {
		switch {
		case f.Kind != story.Opens || w.replacesNow():
		case !w.wantsIdle():
			return fmt.Sprintf("slot %d is opened for MinIdle: %d are idle, %d should be, %d of %d places are taken, %d wait",
				f.Slot, len(w.idle), w.minIdle(), w.active(), w.maxActive, len(w.queue))
		case w.now < w.refill.at:
			return fmt.Sprintf("slot %d is opened for MinIdle, but %d openings have failed and %d were in vain, so none is due before %v",
				f.Slot, w.refill.failures, w.refill.vain, w.refill.at)
		}
		return ""
	}}
}

// minIdle is how many should be idle, within the limits.
func (w *Witness) minIdle() int { return min(w.pool.MinIdle, w.maxIdle, w.maxActive) }

// wantsIdle reports whether a resource should be opened for MinIdle.
func (w *Witness) wantsIdle() bool {
	return w.minIdle() > 0 && len(w.idle)+w.underTest() < w.minIdle() && w.lastFilled && w.room() && len(w.queue) == 0 && w.hold.probe == nil
}

// refill is when a resource may be opened for MinIdle again, and how long the next pause
// will be.
type refill struct {
	failures int            // openings that have failed, in a row
	vain     int            // resources that were closed and never lent, in a row
	at       policy.Instant // not before
}

// longestPause bounds the pause. A resource that has lived for so long was not opened in
// vain.
const longestPause = 10 * time.Second

func (f *refill) failed(now policy.Instant) {
	f.failures++
	f.pause(now)
}

// useless notes that a resource was closed and never lent. Within a pause that does not
// make the pause longer.
func (f *refill) useless(now, opened policy.Instant, why ledger.Reason) {
	switch why {
	case ledger.Discarded, ledger.WasReset, ledger.Retired, ledger.PoolShut:
		return
	}
	if now >= f.at && now.Sub(opened) < longestPause {
		f.vain++
		f.pause(now)
	}
}

// pause begins one of 0.1 s, 0.2 s, 0.4 s and so on.
func (f *refill) pause(now policy.Instant) {
	length := 50 * time.Millisecond
	for range f.failures + f.vain {
		length = min(2*length, longestPause)
	}
	f.at = now.Add(length)
}

// used notes that a resource opened for MinIdle was lent.
func (f *refill) used() {
	f.vain = 0
	if f.failures == 0 {
		f.at = 0
	}
}
