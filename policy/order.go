package policy

import "fmt"

// Order says which of several idle resources is lent next.
type Order uint8

const (
	// LIFO lends the one that came back last. What is not needed then lies idle
	// long enough to be evicted, so that a pool shrinks to its load. It is the
	// default.
	LIFO Order = iota
	// FIFO lends the one that has been idle longest, which spreads the load
	// evenly and keeps every resource in use.
	FIFO
)

// Valid reports whether o is one of the constants.
func (o Order) Valid() bool { return o <= FIFO }

// String gives the constant's name.
func (o Order) String() string {
	switch o {
	case LIFO:
		return "LIFO"
	case FIFO:
		return "FIFO"
	}
	return fmt.Sprintf("Order(%d)", uint8(o))
}
