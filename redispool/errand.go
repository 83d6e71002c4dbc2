package redispool

import (
	"runtime"
	"runtime/debug"

	"github.com/respool/respool/resource"
)

// errand is a call on its own goroutine.
type errand struct {
	done     chan struct{} // closed when the call is over
	reply    any
	err      error
	returned bool
	panicked *resource.PanicError // nil if it called runtime.Goexit
}

func (o *errand) run(f func() (any, error), end func()) {
	defer func() {
		if !o.returned {
			// The caller panics with it. If the caller has left, the connection was closed
			// under the call, and what comes of that concerns nobody.
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

// await waits for the call until done. It reports whether the caller has left.
func (o *errand) await(done <-chan struct{}) (left bool) {
	select {
	case <-o.done:
		return false
	case <-done:
	}
	select {
	case <-o.done: // at the same moment
		return false
	default:
		return true
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

// panicError is what a goroutine panics with for another one that has panicked with
// value; that may have been for a third.
func panicError(value any) *resource.PanicError {
	switch v := value.(type) {
	case nil:
		return nil
	case *resource.PanicError:
		return v
	}
	return &resource.PanicError{Value: value, Stack: debug.Stack()}
}
