package redistest

import "syscall"

// dieWithParent has the kernel end the server when a test binary dies without running its cleanups: a panic, a timeout,
// a kill.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
