package sim

import (
	"time"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/sim/internal/observe"
)

// closeBatch is the slots that one goroutine closes, one after another.
type closeBatch struct {
	handles []ledger.Handle
	at      int      // index of the slot being closed
	holder  *request // its request is done when the batch is; may be nil
}

// closeBatches is the batches under way. Their places are used again, like those of
// requests.
type closeBatches struct {
	all  []*closeBatch
	free []int32
}

func (rs *closeBatches) take() int32 {
	if n := len(rs.free); n > 0 {
		i := rs.free[n-1]
		rs.free = rs.free[:n-1]
		return i
	}
	rs.all = append(rs.all, new(closeBatch))
	return int32(len(rs.all) - 1)
}

// startBatch begins to close the slots that w names, and then own, if it is not zero.
// When the last is closed, holder is done, if it is not nil.
func (e *engine) startBatch(w *ledger.Work, own ledger.Handle, holder *request) {
	first, ok := w.NextClose()
	if !ok {
		first, own = own, ledger.Handle{}
	}
	if first.Slot == nil {
		if holder != nil {
			e.done(holder)
		}
		return
	}
	i := e.batches.take()
	r := e.batches.all[i]
	r.at, r.holder = 0, holder
	r.handles = append(r.handles[:0], first)
	for h, ok := w.NextClose(); ok; h, ok = w.NextClose() {
		r.handles = append(r.handles, h)
	}
	if own.Slot != nil {
		r.handles = append(r.handles, own)
	}
	e.closesEarly(r.handles)
	e.pending++
	e.closeNext(i)
}

func (e *engine) closeNext(i int32) {
	r := e.batches.all[i]
	e.queue.add(e.now.Add(e.closeDelay(r.handles[r.at])), batchCloseDone, i, 0)
}

// closeDelay begins a close, and returns how long the pool waits for it.
func (e *engine) closeDelay(h ledger.Handle) time.Duration {
	of := e.ownerOf(h)
	of.disconnect(connOf(h))
	takes := e.sc.World.CloseLatency.sample(of.random.close)
	limit := time.Duration(e.sc.Pool.CloseTimeout)
	if connOf(h).hangs = limit > 0 && takes > limit; connOf(h).hangs {
		return limit
	}
	return takes
}

// closeEnded ends a close, for a request or for none. A close that hangs has timed out.
func (e *engine) closeEnded(r *request, h ledger.Handle) ledger.Answer {
	by := e
	e = e.ownerOf(h)
	why := e.ledger.Why(h)
	e.conns.gone(h)
	e.leavesPlace(by, why)
	e.measure.closed(why)
	var a ledger.Answer
	name := "closed"
	if connOf(h).hangs {
		name = "close-timed-out"
		a = e.ledger.CloseTimedOut(e.now, h)
	} else {
		a = e.ledger.Closed(e.now, h)
	}
	if e != by {
		r = nil // a request of another key
	}
	e.seen(name, r, observe.Event{Handle: h, Answer: a})
	return a
}

// closesFor has a request close a connection whose place it is to have.
func (e *engine) closesFor(r *request, h ledger.Handle) {
	r.handle = h
	takes := e.closeDelay(h)
	r.closes = e.now.Add(takes)
	e.scheduleStep(takes, closeDone, r)
	if r.expires > 0 && r.expires <= e.now {
		e.queue.add(e.now, expired, r.index, r.gen) // its test has lasted until its timeout
	}
}

// leavesClose has a request leave a close that it waits for. A goroutine of its own goes on
// with it, and the place is then free for all.
func (e *engine) leavesClose(r *request) {
	h, ends := r.handle, r.closes
	r.closes, r.handle = 0, ledger.Handle{}
	r.gen++ // its own end of the close is void
	of := e.ownerOf(h)
	heir := ledger.Heir(h)
	a := of.ledger.Abandon(e.now, h)
	if heir.Slot != nil {
		e.conns.gone(heir)
	}
	if of == e {
		e.seen("abandon", r, observe.Event{Handle: h, Answer: a})
	} else {
		of.seen("abandon", nil, observe.Event{Handle: h, Answer: a})
	}
	i := e.batches.take()
	b := e.batches.all[i]
	b.at, b.holder, b.handles = 0, nil, append(b.handles[:0], h)
	e.queue.add(ends, batchCloseDone, i, 0)
	e.measure.gaveUp(r)
	r.call.failed = true
	e.done(r)
	e.after()
}

// batchSlotClosed ends the close of a batch's present slot.
func (e *engine) batchSlotClosed(i int32) {
	r := e.batches.all[i]
	h := r.handles[r.at]
	r.handles[r.at] = ledger.Handle{} // the slot is garbage from here on
	e.closeEnded(nil, h)
	if r.at++; r.at < len(r.handles) {
		e.closeNext(i)
	} else {
		e.pending--
		e.batches.free = append(e.batches.free, i)
		if r.holder != nil {
			e.done(r.holder)
			r.holder = nil
		}
	}
	e.after()
}
