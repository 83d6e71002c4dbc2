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
	finished int // since the leader was last looked at
	end      ending
}

// closeAll closes the slots of w. If it is attended, it returns when all closes
// have returned, and a panic of one of them then goes on here. If not, others may
// still be closing when it returns, and a panic ends the program.
func (p *core[T]) closeAll(w ledger.Work, attended bool) {
	first, ok := w.Close()
	if !ok {
		return
	}
	if w.Idle() {
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
	b.end.raise()
}

// next takes a slot to close.
func (b *batch[T]) next() (ledger.Handle, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h, ok := b.work.Close()
	if ok {
		b.underWay++
	}
	return h, ok
}

// closed notes that a close has ended.
func (b *batch[T]) closed() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.underWay--
	b.finished++
	if b.underWay == 0 && b.work.Idle() {
		b.timer.Stop()
		close(b.done)
	}
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
		if h, ok := b.next(); ok {
			b.lead(h)
		}
	}()
	for ok := true; ok; h, ok = b.next() {
		b.close(h)
	}
	returned = true
}

func (b *batch[T]) close(h ledger.Handle) {
	defer b.closed()
	b.pool.close(h)
}

// watch looks at the leader's progress. It starts helpers if there is little.
func (b *batch[T]) watch() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.finished >= batchQuick {
		b.finished = 0
		b.timer.Reset(batchWatch)
		return
	}
	for range batchCloses - 1 {
		h, ok := b.work.Close()
		if !ok {
			return
		}
		b.underWay++
		go b.help(h)
	}
}

// relieve replaces a helper whose close is a long one.
func (b *batch[T]) relieve() {
	if h, ok := b.next(); ok {
		b.help(h)
	}
}

// help closes h and the slots that follow, until one of the closes is a long one.
func (b *batch[T]) help(h ledger.Handle) {
	returned := false
	defer func() {
		if !returned { // a close called Goexit
			b.relieve()
		}
	}()
	for ok := true; ok; h, ok = b.next() {
		if long := b.closeHelping(h); long {
			break
		}
	}
	returned = true
}

// closeHelping closes a slot on a helper's goroutine. It reports whether another
// helper works in its place by now.
func (b *batch[T]) closeHelping(h ledger.Handle) (long bool) {
	relief := after(closeIsLong, b.relieve)
	returned := false
	defer func() {
		long = !relief.Stop()
		if !returned && b.attended {
			b.note(recover())
		}
		if returned || b.attended {
			b.closed()
			return
		}
		if r := recover(); r != nil {
			panic(r) // nobody is there to get it
		}
		b.closed()
	}()
	b.pool.close(h)
	returned = true
	return
}

// note keeps the first panic or Goexit for the caller.
func (b *batch[T]) note(recovered any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.end.note(recovered)
}
