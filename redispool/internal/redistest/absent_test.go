package redistest

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// verdict takes the place of a test and records how the test ended.
type verdict struct {
	testing.TB
	skipped, failed string
}

func (v *verdict) Helper() {}

func (v *verdict) Skip(args ...any) {
	v.skipped = fmt.Sprint(args...)
	runtime.Goexit()
}

func (v *verdict) Fatalf(format string, args ...any) {
	v.failed = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func startWithoutServer(t *testing.T, required string) *verdict {
	t.Helper()
	t.Setenv("PATH", t.TempDir())
	t.Setenv(requireEnv, required)
	v := new(verdict)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		Start(v)
	}()
	<-ended
	return v
}

func TestAbsentServerSkips(t *testing.T) {
	v := startWithoutServer(t, "")
	if v.failed != "" || !strings.Contains(v.skipped, "apt-get install redis-server") {
		t.Errorf("skipped with %q, failed with %q", v.skipped, v.failed)
	}
}

func TestAbsentServerFailsWhereItIsRequired(t *testing.T) {
	v := startWithoutServer(t, "1")
	if v.skipped != "" || !strings.Contains(v.failed, "apt-get install redis-server") {
		t.Errorf("skipped with %q, failed with %q", v.skipped, v.failed)
	}
}
