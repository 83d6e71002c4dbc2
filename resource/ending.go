package resource

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// PanicError is the value of a panic that is passed from one goroutine to
// another. Where the pool calls a function of Config on its own goroutine,
// and a caller waits for the outcome, a panic of the function goes on on the
// caller's goroutine. The caller's stack does not show where the function
// panicked. So the panic's value there is a *PanicError, and its text has the value
// and the stack. A panic on the caller's own goroutine keeps its value.
type PanicError struct {
	Value any    // that the function panicked with
	Stack []byte // of the goroutine that panicked, as of debug.Stack
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("%v\n\nwhich was raised on another goroutine:\n\n%s", e.Value, e.Stack)
}

// Unwrap returns the value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// ending is how a function ended that did not return.
type ending struct {
	panicked *PanicError
	exited   bool // by runtime.Goexit
}

// note is called by a function that is deferred on the goroutine that ends, with
// what it recovered. The first ending is kept.
func (e *ending) note(recovered any) {
	switch {
	case e.panicked != nil || e.exited:
	case recovered != nil:
		e.panicked = &PanicError{recovered, debug.Stack()}
	default:
		e.exited = true
	}
}

// pass has this goroutine end in the same way.
func (e *ending) pass() {
	if e.panicked != nil {
		panic(e.panicked)
	}
	if e.exited {
		runtime.Goexit()
	}
}
