package resource

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// PanicError is the value of a panic that is passed from one goroutine to another.
// If the pool calls a function of Config on a goroutine of its own, and a caller
// waits for the outcome, a panic of the function goes on in the caller. The
// caller's stack does not show where the function panicked. So the panic's value in
// the caller is a *PanicError, and its text has the original value and stack. A
// panic on the caller's own goroutine keeps its value.
type PanicError struct {
	Value any    // the value that the function panicked with
	Stack []byte // the stack of the goroutine that panicked, as debug.Stack formats it
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("%v\n\nwhich was raised on another goroutine:\n\n%s", e.Value, e.Stack)
}

// Unwrap returns the value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// ending records how a function ended without returning.
type ending struct {
	panicked *PanicError
	exited   bool // by runtime.Goexit
}

// note records an ending. A deferred function of the goroutine that ends calls it,
// with the value that recover returned. The first ending is kept.
func (e *ending) note(recovered any) {
	switch {
	case e.panicked != nil || e.exited:
	case recovered != nil:
		if e.panicked, _ = recovered.(*PanicError); e.panicked == nil { // else it has come from a third goroutine
			e.panicked = &PanicError{recovered, debug.Stack()}
		}
	default:
		e.exited = true
	}
}

// pass ends the calling goroutine in the same way.
func (e *ending) pass() {
	if e.panicked != nil {
		panic(e.panicked)
	}
	if e.exited {
		runtime.Goexit()
	}
}
