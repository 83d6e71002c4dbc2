package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// results says for each test and subtest how it ended: pass, fail or skip.
type results map[string]string

// dataRace is the key in results under which a report of the race detector counts as a failure.
const dataRace = "data race"

// runTests runs the tests in dir whose names match pattern, except for those that match skip, and prints their output.
func runTests(ctx context.Context, dir, pattern, skip string) (results, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "go", "test", "-json", "-race", "-count=1", "-timeout=5m", "-vet=off", "-run", pattern, "-skip", skip, ".",
		"-args", "-redis-port", strconv.Itoa(port))
	cmd.Dir = dir
	// The flags and the workspace of the checkout do not apply to the module of the tests.
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	cmd.Stderr = os.Stderr
	// A test binary that panics or is interrupted leaves its server running, in this process group.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	events, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	defer cmd.Cancel()
	found, err := follow(events)
	return found, errors.Join(err, cmd.Wait())
}

// follow reads the events of go test -json.
func follow(events io.Reader) (results, error) {
	found := results{}
	for decoder := json.NewDecoder(events); ; {
		var event struct{ Action, Test, Output string }
		if err := decoder.Decode(&event); err == io.EOF {
			return found, nil
		} else if err != nil {
			return found, err
		}
		switch event.Action {
		case "output", "build-output":
			if strings.Contains(event.Output, "WARNING: DATA RACE") {
				found[dataRace] = "fail"
			}
			if !strings.HasPrefix(event.Output, "=== ") {
				fmt.Print(event.Output)
			}
		case "pass", "fail", "skip":
			if event.Test != "" {
				found[event.Test] = event.Action
			}
		}
	}
}

// errFailed is the error of a run whose output has explained everything already.
var errFailed = errors.New("redigo's pool tests do not pass")

// verdict prints what is wrong and, at the very end, the counts. It returns an error unless every test passed and no
// subtest was skipped.
func (r results) verdict(tests []string, least int, err error) error {
	var wrong []string
	if err != nil {
		wrong = append(wrong, fmt.Sprint("go test: ", err))
	}
	passed, failed := 0, 0
	for _, test := range tests {
		switch r[test] {
		case "pass":
			passed++
		case "":
			wrong = append(wrong, test+": no result")
			failed++
		default:
			failed++
		}
	}
	for test, how := range r {
		if how == "skip" {
			wrong = append(wrong, test+": skipped")
		}
	}
	if len(tests) < least {
		wrong = append(wrong, fmt.Sprintf("found only %d pool tests in redigo, not %d", len(tests), least))
	}
	for _, line := range wrong {
		fmt.Println(line)
	}
	fmt.Printf("redigo's pool tests: %d passed, %d failed\n", passed, failed)
	if failed > 0 || wrong != nil {
		return errFailed
	}
	return nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
