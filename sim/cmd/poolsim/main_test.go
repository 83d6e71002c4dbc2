package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestMain fails the tests if a goroutine outlives them.
func TestMain(m *testing.M) {
	flag.Bool("update", false, "rewrite the outputs in testdata")
	flag.Parse()
	code := m.Run()
	if stay := stayed(); code == 0 && len(stay) > 0 {
		fmt.Fprintf(os.Stderr, "goroutines that outlived the tests:\n\n%s\n", strings.Join(stay, "\n\n"))
		code = 1
	}
	os.Exit(code)
}

// stayed returns the stacks of goroutines that somebody here has started. One
// that is about to end gets the time to do so.
func stayed() (stacks []string) {
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); runtime.Gosched() {
		buf := make([]byte, 4<<20)
		all := strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n")
		stacks = nil
		for _, s := range all[1:] { // the first is this one
			for _, owner := range []string{"respool/", "redigo/", "miniredis/", "puddle/"} {
				if strings.Contains(s, owner) {
					stacks = append(stacks, s)
					break
				}
			}
		}
		if len(stacks) == 0 {
			return nil
		}
	}
	return stacks
}

// result is what a command has printed.
type result struct {
	status   int
	out, err string
}

// poolsim runs the command with a command line, words separated by blanks.
func poolsim(stdin, line string) result {
	var out, err bytes.Buffer
	status := run(strings.Fields(line), strings.NewReader(stdin), &out, &err)
	return result{status, out.String(), err.String()}
}

// ok runs a command that must succeed, and must have nothing to complain of.
func ok(t *testing.T, line string) string {
	t.Helper()
	r := poolsim("", line)
	if r.status != exitOK || r.err != "" {
		t.Fatalf("poolsim %s: status %d\n%s%s", line, r.status, r.err, r.out)
	}
	return r.out
}
