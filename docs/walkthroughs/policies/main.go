// Policies simulates its own policies, and then uses them in a pool
// of connections to Redis.
//
//	go run ./docs/walkthroughs/policies
//	go run ./docs/walkthroughs/policies -redis localhost:6379
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/alicebob/miniredis/v2"
)

func main() {
	if err := start(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "policies:", err)
		os.Exit(1)
	}
}

// start reads the command line, and starts an embedded Redis if the
// user named none.
func start(args []string, stdout io.Writer) error {
	f := flag.NewFlagSet("policies", flag.ContinueOnError)
	f.SetOutput(io.Discard) // main prints the error
	addr := f.String("redis", "", "`host:port` of a Redis server; without it one is embedded")
	seed := f.Uint64("seed", 1, "seed of the simulations")
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintln(stdout, "Usage: policies [flags]")
		f.SetOutput(stdout)
		f.PrintDefaults()
		return nil
	case err != nil:
		return err
	case f.NArg() > 0:
		return fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if *addr == "" {
		embedded, err := miniredis.Run()
		if err != nil {
			return err
		}
		defer embedded.Close()
		*addr = embedded.Addr()
	}
	ctx := context.Background()
	if err := reach(ctx, *addr); err != nil {
		return fmt.Errorf("no Redis at %s: %w", *addr, err)
	}
	return run(ctx, *addr, *seed, stdout)
}

func run(ctx context.Context, addr string, seed uint64, out io.Writer) error {
	lifetime, err := chooseLifetime(seed, out)
	if err != nil {
		return err
	}
	gate, err := chooseGate(seed, out)
	if err != nil {
		return err
	}
	return usePool(ctx, addr, lifetime, gate, out)
}
