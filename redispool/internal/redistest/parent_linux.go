package redistest

import "syscall"

// dieWithParent makes the kernel end the server when a test binary dies without running its cleanups, because of a panic, a
// timeout or a kill.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
