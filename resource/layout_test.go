package resource

import (
	"testing"
	"unsafe"
)

// The lock begins a cache line, and the ledger fills the rest of it (see the
// ledger's TestLayout). Two waiters share no cache line, and neither do two
// entries with a small T.
func TestLayout(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("for 64 bits")
	}
	var p core[*thing]
	var w waiter
	for _, f := range []struct {
		what      string
		got, want uintptr
	}{
		{"the lock is, after the runtime's eight bytes,", 8 + unsafe.Offsetof(p.ownLock), 64},
		{"the ledger is", unsafe.Offsetof(p.ledger), unsafe.Offsetof(p.ownLock) + 8},
		{"a ledger's waiter is", unsafe.Offsetof(w.Waiter), 8},
		{"a waiter ends", unsafe.Sizeof(w), 128},
		{"an entry ends", unsafe.Sizeof(entry[*thing]{}), 128},
	} {
		if f.got != f.want {
			t.Errorf("%s at %d, want %d", f.what, f.got, f.want)
		}
	}
}
