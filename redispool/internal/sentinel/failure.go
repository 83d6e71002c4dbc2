package sentinel

import (
	"fmt"
	"strings"
)

// Failure is why one server or sentinel cannot be used.
type Failure struct {
	Of  string // what it is, with its address
	Err error
}

// Failures are those of several servers.
type Failures []Failure

func (f Failures) Error() string {
	texts := make([]string, len(f))
	for i, one := range f {
		texts[i] = fmt.Sprintf("%s: %v", one.Of, one.Err)
	}
	return strings.Join(texts, "; ")
}

func (f Failures) Unwrap() []error {
	errs := make([]error, len(f))
	for i, one := range f {
		errs[i] = one.Err
	}
	return errs
}
