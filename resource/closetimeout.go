package resource

import "sync/atomic"

// boundedClose is a close on a goroutine of its own. Its caller leaves after
// Config.CloseTimeout, so a close that hangs delays no caller for longer.
type boundedClose struct {
	done    chan struct{} // closed when the close has ended
	settled atomic.Bool   // the close has ended, or its caller has left, whichever came first
	err     error         // of the close
	end     ending
}

// closeBounded closes a resource. A panic of the close goes on here. If the caller has
// left, no one can recover, and the program ends.
func (p *core[T]) closeBounded(e *entry[T]) (closeEnd, error) {
	b := &boundedClose{done: make(chan struct{})}
	go func() {
		returned := false
		defer func() {
			if first := b.settled.CompareAndSwap(false, true); first && !returned {
				b.end.note(recover())
			}
			close(b.done)
		}()
		b.err = p.closeValue(e)
		returned = true
	}()
	late := make(chan struct{})
	defer after(p.closeTimeout, func() { close(late) }).Stop()
	select {
	case <-b.done:
	case <-late:
		if b.settled.CompareAndSwap(false, true) {
			return closeTimedOut, nil
		}
		<-b.done
	}
	b.end.pass()
	return closeReturned, b.err
}
