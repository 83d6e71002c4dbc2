//go:build !plan9

package main

import (
	"errors"
	"syscall"
)

// readerGone reports whether a write failed because nobody reads the other end of the pipe.
func readerGone(err error) bool { return errors.Is(err, syscall.EPIPE) }
