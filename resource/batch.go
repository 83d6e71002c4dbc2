package resource

import (
	"sync"
	"time"

	"github.com/respool/respool/resource/ledger"
)

// A close may hang, so no close waits for another. Nearly all closes are quick,
// though, and then one goroutine closes a hundred thousand resources sooner than
// many goroutines that meet at the pool's lock. So a batch begins on the goroutine
// of its leader. A batch that makes little progress gets helpers.

const (
	batchWatch  = time.Millisecond // how often a leader's progress is looked at
	batchQuick  = 16               // so many closes in that time are quick ones
	batchCloses = 16               // closes of a batch at a time, apart from the long ones
	closeIsLong = 100 * time.Millisecond
)

// batch closes the slots of one piece of work.
type batch[T any] struct {
	pool     *core[T]
	attended bool // a caller waits for the batch, and gets its panics
	timer    *time.Timer
	done     chan struct{} // closed when all closes have returned

	mu       sync.Mutex
	work     ledger.Work // slots that nobody closes yet
	underWay int
	finished int  // since the leader was last looked at
	slow     bool // there was little progress when it was
	end      ending
}

// closeAll closes the slots of w. If it is attended, it returns when all closes
// have returned, and a panic of one of them then goes on here. If not, others may
// still be closing when it returns, and a panic ends the program.
func (p *core[T]) closeAll(w ledger.Work, attended bool) {
	first, ok := w.NextClose()
	if !ok {
		return
	}
	if w.Empty() {
		p.close(first)
		return
	}
	b := &batch[T]{pool: p, attended: attended, done: make(chan struct{}), work: w, underWay: 1}
	b.mu.Lock() // watch uses the timer
	b.timer = after(batchWatch, b.watch)
	b.mu.Unlock()
	if !attended {
		b.lead(first)
		return
	}
	func() {
		defer func() { <-b.done }() // also if lead panics
		b.lead(first)
	}()
	b.end.pass()
}

// closed notes that a close has ended. It takes the next slot to close, if more.
func (b *batch[T]) closed(more bool) (h ledger.Handle, ok bool) {
	b.mu.Lock()
	b.finished++
	if more {
		h, ok = b.work.NextClose()
	}
	if !ok {
		b.underWay--
		if b.underWay == 0 && b.work.Empty() {
			b.timer.Stop()
			close(b.done)
		}
	}
	b.mu.Unlock()
	return h, ok
}

// lead closes h and the slots that follow. A panic or Goexit of a close goes on
// when the others are closed.
func (b *batch[T]) lead(h ledger.Handle) {
	returned := false
	defer func() {
		if returned {
			return
		}
		if !b.attended {
			if r := recover(); r != nil {
				panic(r) // ends the program, whatever else hangs
			}
		}
		if h, ok := b.closed(true); ok {
			b.lead(h)
		}
	}()
	for ok := true; ok; h, ok = b.closed(true) {
		b.pool.close(h)
	}
	returned = true
}

// watch looks at the leader's progress. It starts helpers if there is little for
// the second time: the processor may have been busy with something else.
func (b *batch[T]) watch() {
	b.mu.Lock()
	defer b.mu.Unlock()
	slow := b.finished < batchQuick
	b.finished = 0
	if !slow || !b.slow {
		b.slow = slow
		b.timer.Reset(batchWatch)
		return
	}
	for range batchCloses - 1 {
		h, ok := b.work.NextClose()
		if !ok {
			return
		}
		b.underWay++
		go b.help(h)
	}
}

// relieve replaces a helper whose close is a long one.
func (b *batch[T]) relieve() {
	b.mu.Lock()
	h, ok := b.work.NextClose()
	if ok {
		b.underWay++
	}
	b.mu.Unlock()
	if ok {
		b.help(h)
	}
}

// help closes h and the slots that follow, until one of the closes is a long one:
// then another helper works in its place.
func (b *batch[T]) help(h ledger.Handle) {
	long, returned := false, false
	defer func() {
		if returned {
			return
		}
		r := recover()
		if r != nil && !b.attended {
			panic(r) // nobody is there to get it
		}
		b.note(r)
		if h, ok := b.closed(!long); ok {
			b.help(h)
		}
	}()
	for ok := true; ok; h, ok = b.closed(!long) {
		b.closeTimed(h, &long)
	}
	returned = true
}

// closeTimed closes a slot. It finds out whether that took so long that another
// helper works by now.
func (b *batch[T]) closeTimed(h ledger.Handle, long *bool) {
	relief := after(closeIsLong, b.relieve)
	defer func() { *long = !relief.Stop() }()
	b.pool.close(h)
}

// note keeps the first panic or Goexit for the caller.
func (b *batch[T]) note(recovered any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.end.note(recovered)
}
