package redispool

import (
	"runtime"
	"runtime/debug"
	"time"

	"github.com/respool/respool/resource"
)

// grace is how long a caller waits for a call that it need not wait for. Nearly every call
// is over by then, so what happens to the connection does not depend on chance.
const grace = 10 * time.Millisecond

// errand is a call on its own goroutine. Package resource has errands of its own, which
// report to the ledger. No directory is internal to both packages, and what the two have
// in common is short.
type errand struct {
	done     chan struct{} // closed when the call is over
	reply    any
	err      error
	returned bool
	panicked *resource.PanicError // nil if it called runtime.Goexit
}

// startErrand begins a call on another goroutine.
func startErrand(f func() (any, error)) *errand {
	o := &errand{done: make(chan struct{})}
	go o.run(f, nil)
	return o
}

func (o *errand) run(f func() (any, error), end func()) {
	defer func() {
		if !o.returned {
			// The caller panics with this value. If the caller has left, the connection was
			// closed during the call, and a panic that follows from that is dropped.
			o.panicked = panicError(recover())
		}
		if end != nil {
			end()
		}
		close(o.done)
	}()
	o.reply, o.err = f()
	o.returned = true
}

// await waits until the call is over or done is closed. It reports whether the caller
// leaves before the call is over.
func (o *errand) await(done <-chan struct{}) (left bool) {
	select {
	case <-o.done:
		return false
	case <-done:
	}
	select {
	case <-o.done: // both happened at the same moment
		return false
	default:
		return true
	}
}

// linger waits until the call is over, but no longer than grace. It reports whether the
// call is over.
func (o *errand) linger() bool {
	late := time.NewTimer(grace)
	defer late.Stop()
	select {
	case <-o.done:
		return true
	case <-late.C:
		return false
	}
}

func (o *errand) result() (any, error) {
	switch {
	case o.panicked != nil:
		panic(o.panicked)
	case !o.returned:
		runtime.Goexit()
	}
	return o.reply, o.err
}

// panicError returns the value with which a caller panics after the goroutine that worked
// for it has panicked with value. If value is a PanicError already, that goroutine ran
// for yet another one, and value is passed on.
func panicError(value any) *resource.PanicError {
	switch v := value.(type) {
	case nil:
		return nil
	case *resource.PanicError:
		return v
	}
	return &resource.PanicError{Value: value, Stack: debug.Stack()}
}
