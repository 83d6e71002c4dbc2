//go:build !unix

package walkthroughs_test

import "os/exec"

func ownGroup(*exec.Cmd) {}

// killGroup does nothing, since this system has no groups of processes.
func killGroup(*exec.Cmd) bool { return false }
