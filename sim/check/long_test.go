package check

import "os"

// longTests says whether the tests that need much time go all the way.
//
//	RESPOOL_LONG=1 go test -timeout 0 ./sim/check
//
// Without it they do a small part of the same, so that the package's tests end in
// time on a machine that has much else to do.
func longTests() bool { return os.Getenv("RESPOOL_LONG") == "1" }
