package alive

import (
	"encoding/binary"
	"syscall"
)

// established is the state of a TCP connection that neither side has closed.
const established = 1

// closedBehind reports whether the peer has closed its side of a TCP connection, even
// if unread bytes stand before the end. The state is the first byte of the kernel's
// tcp_info, of which the call reads four.
func closedBehind(fd int) bool {
	info, err := syscall.GetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_INFO)
	if err != nil {
		return false // no TCP: a unix socket, for example
	}
	var four [4]byte
	binary.NativeEndian.PutUint32(four[:], uint32(info))
	return four[0] != established
}
