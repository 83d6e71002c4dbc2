// Poolsim simulates a pool. It finds a pool's size, shows what happens to the pool when the
// server restarts, searches for mistakes in the pool's logic, and compares it with other
// pools.
//
//	go run github.com/respool/respool/sim/cmd/poolsim help
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/respool/respool/sim/internal/nearest"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// The meanings of the command's exit status.
const (
	exitOK       = 0
	exitViolated = 1 // an invariant is violated, a target is not met, a replay differs
	exitUsage    = 2 // the command line or a file makes no sense
)

// errUnmet ends a command whose output already says what is wrong.
var errUnmet = errors.New("not as it should be")

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		io.WriteString(stdout, overview())
		return exitOK
	}
	name, args := args[0], args[1:]
	switch name {
	case "help", "-h", "-help", "--help":
		return help(args, stdout, stderr)
	}
	c := find(name)
	if c == nil {
		fmt.Fprintf(stderr, "poolsim: there is no command %q%s; there are %s, and help\n", name, meant(name), commandNames())
		return exitUsage
	}
	for _, a := range args {
		if a == "-h" || a == "-help" || a == "--help" {
			io.WriteString(stdout, c.help())
			return exitOK
		}
	}
	p := &process{stdin: stdin, stdout: stdout, stderr: stderr}
	switch err := c.start(p, args); {
	case err == nil:
		return exitOK
	case errors.Is(err, errUnmet):
		return exitViolated
	default:
		fmt.Fprintf(stderr, "poolsim %s: %s\n", name, oneLine(err))
		return exitUsage
	}
}

// meant suggests the command with the nearest name.
func meant(name string) string {
	var known []string
	for _, c := range commands() {
		known = append(known, c.name)
	}
	if n := nearest.Of(name, known); n != "" {
		return "; did you mean " + n + "?"
	}
	return ""
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

func help(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		io.WriteString(stdout, overview())
		return exitOK
	}
	c := find(args[0])
	if c == nil {
		fmt.Fprintf(stderr, "poolsim help: there is no command %q%s; there are %s\n", args[0], meant(args[0]), commandNames())
		return exitUsage
	}
	io.WriteString(stdout, c.help())
	return exitOK
}

// process is the standard streams of a command.
type process struct {
	stdin          io.Reader
	stdout, stderr io.Writer
}
