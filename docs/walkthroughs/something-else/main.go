// Something-else pools two things that have nothing to do with
// Redis: connections to a TCP server, and worker processes.
//
//	go run ./docs/walkthroughs/something-else
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"
)

func main() {
	if err := start(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "something-else:", err)
		os.Exit(1)
	}
}

func start(args []string, stdout io.Writer) error {
	if len(args) == 1 && args[0] == workerArg {
		return work(os.Stdin, stdout)
	}
	f := flag.NewFlagSet("something-else", flag.ContinueOnError)
	f.SetOutput(io.Discard) // main prints the error
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintln(stdout, "Usage: something-else")
		return nil
	case err != nil:
		return err
	case f.NArg() > 0:
		return fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	out := &printer{stdout}
	if err := sessions(context.Background(), out); err != nil {
		return err
	}
	return workers(context.Background(), out)
}

// printer prints each call with its outcome.
type printer struct{ io.Writer }

func (p *printer) result(what, value string, err error) {
	const column, width = 32, 68
	if err != nil {
		value = err.Error()
	}
	if column+len(value) > width {
		fmt.Fprintf(p, "%s\n  %s\n", what, value)
		return
	}
	fmt.Fprintf(p, "%-*s%s\n", column, what, value)
}

// shortly is a timeout for calls that are expected to time out.
func shortly(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, 500*time.Millisecond)
}
