package resource

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"testing"
)

// TestMain fails a run that leaves goroutines behind. Those of a bubble are found
// by the bubble; this is for tests outside of one.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 {
		if left := leaked(); left != "" {
			fmt.Fprintf(os.Stderr, "goroutines of the package are left:\n%s", left)
			code = 1
		}
	}
	os.Exit(code)
}

// leaked describes goroutines that run the package's code and do not end. One
// that is about to end gets some time for it.
func leaked() (left string) {
	for range 1000 {
		left = ""
		var buf bytes.Buffer
		pprof.Lookup("goroutine").WriteTo(&buf, 1)
		for _, stack := range bytes.Split(buf.Bytes(), []byte("\n\n")) {
			if bytes.Contains(stack, []byte("/resource.")) && !bytes.Contains(stack, []byte("/resource.TestMain")) {
				left += string(stack) + "\n\n"
			}
		}
		if left == "" {
			return ""
		}
		runtime.Gosched()
	}
	return left
}
