package live

import (
	"syscall"
	"time"
)

// nap has the system's own timer end a sleep, which is late by some 60 µs.
func nap(d time.Duration) {
	if d <= 0 {
		return
	}
	left := syscall.NsecToTimespec(int64(d))
	for syscall.Nanosleep(&left, &left) == syscall.EINTR { // left is what a signal has left
	}
}
