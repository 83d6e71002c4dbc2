// Sizing finds the smallest pool in which hardly any request waits
// for long, and shows what a slow second does to it.
//
//	go run ./docs/walkthroughs/sizing
//	go run ./docs/walkthroughs/sizing -rate 500 -hold 20ms -target 10ms
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"
)

// load is the load on the pool, and the target for the wait.
type load struct {
	rate   float64       // requests a second
	hold   time.Duration // how long each needs a connection, on average
	target time.Duration // 99 of 100 requests must not wait longer for one
}

// busy is how many connections are in use on average.
func (l load) busy() float64 { return l.rate * l.hold.Seconds() }

func main() {
	if err := start(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "sizing:", err)
		os.Exit(1)
	}
}

func start(args []string, stdout io.Writer) error {
	var l load
	f := flag.NewFlagSet("sizing", flag.ContinueOnError)
	f.SetOutput(io.Discard) // main prints the error
	f.Float64Var(&l.rate, "rate", 2000, "requests a second")
	f.DurationVar(&l.hold, "hold", 3*time.Millisecond, "for how long each needs a connection, on average")
	f.DurationVar(&l.target, "target", 5*time.Millisecond, "99 of 100 requests must not wait longer for one")
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintln(stdout, "Usage: sizing [flags]")
		f.SetOutput(stdout)
		f.PrintDefaults()
		return nil
	case err != nil:
		return err
	case f.NArg() > 0:
		return fmt.Errorf("unexpected argument %q", f.Arg(0))
	case !(l.rate > 0):
		return fmt.Errorf("-rate is %v, must be positive", l.rate)
	case l.hold <= 0:
		return fmt.Errorf("-hold is %v, must be positive", l.hold)
	case l.target <= 0:
		return fmt.Errorf("-target is %v, must be positive", l.target)
	case l.busy() > mostBusy:
		return fmt.Errorf("-rate and -hold put %.4g connections to use on average: above %d use poolsim, with more -requests", l.busy(), mostBusy)
	}
	return run(l, stdout)
}

// mostBusy is how far runs of 100,000 requests can be trusted: each
// connection sees a thousand of them.
const mostBusy = 100

func run(l load, out io.Writer) error {
	fmt.Fprintf(out, "%v requests/s of %v each: %.1f connections in use on average\n\n", l.rate, l.hold, l.busy())
	maxActive, err := smallest(l, out)
	if err != nil {
		return err
	}
	return slowSecond(l, maxActive, out)
}
