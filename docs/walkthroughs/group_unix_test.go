//go:build unix

package walkthroughs_test

import (
	"os/exec"
	"syscall"
)

// ownGroup puts the command and the processes that it starts into a new group.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup ends the processes that are left in the group, and reports whether there were any.
func killGroup(cmd *exec.Cmd) bool {
	return cmd.Process != nil && syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) == nil
}
