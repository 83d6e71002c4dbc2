package docs_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// scratch is a folder for all tests of this package.
var scratch string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "docs")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	scratch = dir
	status := m.Run()
	os.RemoveAll(dir)
	os.Exit(status)
}

// buildPoolsim builds the command once. A go run for each line of the pages would list and check all packages each time.
var buildPoolsim = sync.OnceValues(func() (program string, err error) {
	program = filepath.Join(scratch, "poolsim")
	build := exec.Command("go", "build", "-ldflags", "-s -w", "-o", program, "../sim/cmd/poolsim")
	build.Stderr = os.Stderr
	return program, build.Run()
})

// poolsim returns the command with arguments, to be run where the pages run it: in the repository.
func poolsim(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	program, err := buildPoolsim()
	if err != nil {
		t.Fatalf("go build: %v", err)
	}
	run := exec.Command(program, args...)
	run.Dir, run.Stderr, run.Env = "..", os.Stderr, append(os.Environ(), "COLUMNS=80")
	return run
}

// poolsimOf returns the command of a line that a page shows.
func poolsimOf(t *testing.T, line string) *exec.Cmd {
	t.Helper()
	args, found := strings.CutPrefix(line, "go run ./sim/cmd/poolsim ")
	if !found {
		t.Fatalf("no command of poolsim: %s", line)
	}
	return poolsim(t, strings.Fields(args)...)
}
