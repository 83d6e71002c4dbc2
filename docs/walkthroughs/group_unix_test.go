//go:build unix

package walkthroughs_test

import (
	"os/exec"
	"syscall"
)

// ownGroup puts what the command will start into a group of its own.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup ends what is left of the group, and reports whether there was anything.
func killGroup(cmd *exec.Cmd) bool {
	return cmd.Process != nil && syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) == nil
}
