// Package alive finds out, without a round trip, whether the peer of an idle network
// connection has closed it.
//
// The kernel knows when the peer has closed a connection, but a program learns it only
// at the next read. [Socket.Check] asks it, with one system call that never waits and
// takes no byte out of the connection. So it costs little enough for each borrow:
//
//	pool, err := resource.New(resource.Config[net.Conn]{
//		Open:       dial,
//		Close:      net.Conn.Close,
//		BorrowTest: policy.Test(alive.Conn),
//	})
//
// # What it sees
//
// The check sees a peer that has closed its side or has reset the connection: after a
// restart of the server, after the server's idle timeout, or after an administrator has
// ended the connection. It also sees bytes that nobody has read. An idle connection has
// none, unless the server has sent something unasked. The next borrower would take
// those bytes for its answer.
//
// # What it does not see
//
//   - A peer that has vanished: its machine lost power, or a firewall forgot the
//     connection. Nothing has arrived that would say so. Only a round trip finds it.
//   - A peer that hangs, or that refuses to work. Its side of the connection is open.
//   - A peer that closes the connection between the check and the next write.
//   - Under TLS, bytes mean nothing: they may be a session ticket as well as the end of
//     the session. So under TLS the check ignores them. On Linux it still sees that the
//     peer has closed the connection below. On other systems unread bytes hide that.
//   - What another part of the program has already read into a buffer.
//   - Anything on systems other than Linux, macOS and the BSDs, and anything of a
//     connection that is no socket, such as [net.Pipe], or that does not let the check
//     have its socket. [Socket.CanTell] says so.
//
// A fault that it cannot see passes. Combine it with a test that asks the peer, after a
// time without use:
//
//	policy.All(policy.Test(alive.Conn), policy.IfIdleFor(time.Minute, policy.Test(ping)))
package alive

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"syscall"
	"time"

	"github.com/respool/respool/policy"
)

var (
	// ErrPeerClosed says that the peer has closed its side of the connection.
	ErrPeerClosed = errors.New("alive: the peer has closed the connection")
	// ErrUnread says that an idle connection has bytes that nobody has read.
	ErrUnread = errors.New("alive: the idle connection has unread bytes")
)

// Socket is what the kernel can say about a connection. A Socket holds no resource
// of its own.
type Socket struct {
	raw       syscall.RawConn // nil: it cannot tell
	encrypted bool
	look      func(fd uintptr) // made once, so that a check allocates nothing
	found     error
}

// New returns the socket of a connection. It finds the socket below a [tls.Conn], and
// below every other connection with a method NetConn() net.Conn. The result is never nil.
// A connection without a socket always passes.
func New(c net.Conn) *Socket { return newSocket(c, false) }

// UnderTLS returns the socket of a connection that carries TLS, for a program that has
// only the connection below the [tls.Conn].
func UnderTLS(c net.Conn) *Socket { return newSocket(c, true) }

func newSocket(c net.Conn, encrypted bool) *Socket {
	for range mostLayers {
		if _, ok := c.(*tls.Conn); ok {
			encrypted = true
		}
		below, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		c = below.NetConn()
	}
	s := &Socket{encrypted: encrypted}
	holder, ok := c.(syscall.Conn)
	if !ok || !supported {
		return s
	}
	raw, err := holder.SyscallConn()
	if err != nil {
		return s
	}
	s.raw = raw
	s.look = func(fd uintptr) { s.found = peek(int(fd), s.encrypted) }
	return s
}

// mostLayers bounds the search for the socket, in case a connection is its own NetConn.
const mostLayers = 8

// errBlind says that there is nothing to look at, which is no fault of the connection.
var errBlind = errors.New("alive: the connection cannot be looked at")

// CanTell reports whether Check can see anything. It tries that, at the cost of a Check and
// under the same conditions. It is false for a connection without a method SyscallConn,
// for one that does not let the package have its socket, for one that is no socket, and on
// systems that the package does not know. Check then accepts every connection.
func (s *Socket) CanTell() bool {
	if s.raw == nil {
		return false
	}
	s.found = errBlind // unless there is a look
	err := s.raw.Control(s.look)
	return errors.Is(err, net.ErrClosed) || s.found != errBlind
}

// Check returns [ErrPeerClosed] if the peer has closed the connection, [ErrUnread] if
// there are unread bytes, or the connection's own error, such as "connection reset by
// peer" or "use of closed network connection". Nil means that there is no sign of any
// of these, which does not prove that the peer will answer.
//
// Check waits for nothing, allocates nothing, and does not depend on the connection's
// deadlines. Nobody may use the connection at the same time, and Check may not be
// called concurrently for one Socket. An idle resource of a pool meets both.
func (s *Socket) Check() error {
	if s.raw == nil {
		return nil
	}
	s.found = nil
	if err := s.raw.Control(s.look); errors.Is(err, net.ErrClosed) {
		return err
	}
	if s.found == errBlind {
		return nil
	}
	return s.found // after another error of Control it is nil: there was no look
}

// Conn checks a connection once. It has the form of a [policy.TestFunc], so
// policy.Test(alive.Conn) tests the connections of a pool. It makes a [Socket] for each
// check, which costs a few small allocations. [Test] allocates nothing.
func Conn(_ context.Context, c net.Conn, _ time.Time) error { return New(c).Check() }

// Test returns a borrow test for resources that keep their Socket. socket returns it;
// nil passes. The test allocates nothing.
func Test[T any](socket func(v T) *Socket) policy.BorrowTest[T] {
	if socket == nil {
		panic("alive: function of Test is nil")
	}
	return policy.Test(func(_ context.Context, v T, _ time.Time) error {
		s := socket(v)
		if s == nil {
			return nil
		}
		return s.Check()
	})
}
