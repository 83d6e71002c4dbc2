//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package alive

import "syscall"

const supported = true

// peek looks at the first unread byte of a socket and leaves it there. It does not use
// RawConn.Read, which fails once the connection's read deadline has passed. That is so
// for most idle connections.
func peek(fd int, encrypted bool) error {
	var first [1]byte
	for {
		n, _, err := syscall.Recvfrom(fd, first[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN || err == syscall.EWOULDBLOCK:
			return nil
		case err == syscall.ENOTSOCK || err == syscall.EOPNOTSUPP || err == syscall.EINVAL || err == syscall.ENOSYS:
			return errBlind // it says nothing of the connection: this is no socket, or none that can be looked at
		case err != nil:
			return err
		case n == 0 || encrypted && closedBehind(fd):
			return ErrPeerClosed
		case encrypted:
			return nil
		}
		return ErrUnread
	}
}
