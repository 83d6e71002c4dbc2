package main

import "strings"

// readerGone reports whether a write failed because nobody reads the other end of the pipe.
// Plan 9 has no number for that.
func readerGone(err error) bool { return err != nil && strings.Contains(err.Error(), "closed pipe") }
