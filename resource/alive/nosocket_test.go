package alive_test

import (
	"errors"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/respool/respool/resource/alive"
)

// handle is a connection whose SyscallConn a test chooses.
type handle struct {
	net.Conn
	raw syscall.RawConn
	err error
}

func (h handle) SyscallConn() (syscall.RawConn, error) { return h.raw, h.err }

// control is a RawConn of which Check uses one method.
type control struct {
	syscall.RawConn
	do func(f func(fd uintptr)) error
}

func (c control) Control(f func(fd uintptr)) error { return c.do(f) }

// A connection that the package cannot look at passes, whatever the reason, and CanTell says so
// before the first check. Only a closed connection does not pass.
func TestCheckCannotSee(t *testing.T) {
	unsupported := errors.New("not supported here")
	local, remote := net.Pipe()
	defer local.Close()
	defer remote.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	file, err := r.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		conn net.Conn
		want error
	}{
		"a pipe of package net":             {conn: local},
		"a wrapper of one":                  {conn: handle{Conn: local, err: unsupported}},
		"no raw connection":                 {conn: handle{Conn: local}},
		"a raw connection that refuses":     {conn: handle{Conn: local, raw: control{do: func(func(uintptr)) error { return unsupported }}}},
		"a raw connection that does not do": {conn: handle{Conn: local, raw: control{do: func(func(uintptr)) error { return nil }}}},
		"a file that is no socket":          {conn: handle{Conn: local, raw: file}},
		"closed": {handle{Conn: local, raw: control{do: func(func(uintptr)) error {
			return &net.OpError{Op: "raw-control", Err: net.ErrClosed}
		}}}, closedWhereSeen()},
	} {
		s := alive.New(c.conn)
		if s.CanTell() != (c.want != nil) {
			t.Errorf("%s: it says that it can tell: %t", name, s.CanTell())
		}
		for range 2 {
			if err := s.Check(); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
		}
	}
}

// closedWhereSeen is the error of a closed connection on systems where the package sees anything.
func closedWhereSeen() error {
	closed := control{do: func(func(uintptr)) error { return net.ErrClosed }}
	if alive.New(handle{raw: closed}).CanTell() {
		return net.ErrClosed
	}
	return nil
}
