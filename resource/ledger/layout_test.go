package ledger

import (
	"testing"
	"unsafe"
)

// The fields that a cycle changes fill a cache line, with the eight bytes of a lock
// before them. The fields that waiters change fill the next one. A grant touches
// one cache line of a waiter, whose first eight bytes are the owner's.
func TestLayout(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("for 64 bits")
	}
	var l Ledger
	var w Waiter
	for _, f := range []struct {
		what      string
		got, want uintptr
	}{
		{"queue begins", unsafe.Offsetof(l.queue), 64 - 8},
		{"its counts end", unsafe.Offsetof(l.waitsGranted) + unsafe.Sizeof(l.waitsGranted), 2*64 - 8},
		{"Tag ends", unsafe.Offsetof(w.Tag) + unsafe.Sizeof(w.Tag), 64 - 8},
	} {
		if f.got != f.want {
			t.Errorf("%s at %d, want %d", f.what, f.got, f.want)
		}
	}
}
