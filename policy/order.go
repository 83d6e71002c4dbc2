package policy

import "fmt"

// Order says which of several idle resources is lent next.
type Order uint8

const (
	// LIFO lends the resource that came back last. Resources that the load does not
	// need then stay idle long enough to be evicted, so that the pool shrinks to its
	// load. It is the default.
	LIFO Order = iota
	// FIFO lends the resource that has been idle longest. This spreads the load
	// evenly and keeps every resource in use.
	FIFO
)

// Valid reports whether o is one of the constants.
func (o Order) Valid() bool { return o <= FIFO }

// String returns the constant's name.
func (o Order) String() string {
	switch o {
	case LIFO:
		return "LIFO"
	case FIFO:
		return "FIFO"
	}
	return fmt.Sprintf("Order(%d)", uint8(o))
}
