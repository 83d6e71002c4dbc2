package resource

import (
	"sync"
	"time"

	"github.com/respool/respool/resource/ledger"
)

// A close may hang, so no close waits for another. Nearly all closes are quick,
// though. One goroutine makes a hundred thousand quick closes sooner than many
// goroutines that contend for the pool's lock. So a batch begins on a single
// goroutine, its leader. A batch that makes little progress gets helpers.

const (
	batchWatch  = time.Millisecond // how often watch looks at the leader's progress
	batchQuick  = 16               // fewer closes in that time are little progress
	batchCloses = 16               // how many closes of a batch run at a time, not counting long ones
	closeIsLong = 100 * time.Millisecond
)

// batch closes the slots of one piece of work.
type batch[T any] struct {
	pool     *core[T]
	attended bool // a caller waits for the batch, and a panic goes on there
	timer    *time.Timer
	done     chan struct{} // closed when all closes have returned

	mu       sync.Mutex
	work     ledger.Work // slots whose close has not begun
	underWay int         // closes that have begun and not ended
	finished int         // closes that have ended since watch last looked
	slow     bool        // watch saw little progress when it last looked
	end      ending
}

// closeAll closes the slots of w. If it is attended, it returns when all closes
// have ended, and then a panic of one of them goes on here. If it is not, helpers
// may still be closing when it returns, and a panic ends the program.
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

// closed notes that a close has ended. If more is true, it takes the next slot to
// close.
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

// lead closes h and the slots that follow. If a close panics or calls Goexit, lead closes
// the others before the panic or Goexit continues.
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

// watch looks at the leader's progress. It starts helpers when it sees little
// progress twice in a row: once may only mean that the processor was busy with
// something else.
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

// relieve works in the place of a helper whose close takes long.
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

// help closes h and the slots that follow, until one of its closes takes long: by
// then another helper has taken its place.
func (b *batch[T]) help(h ledger.Handle) {
	long, returned := false, false
	defer func() {
		if returned {
			return
		}
		r := recover()
		if r != nil && !b.attended {
			panic(r) // ends the program: no caller waits for the batch
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

// closeTimed closes a slot. It sets *long if that took so long that another helper
// has taken this one's place.
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
