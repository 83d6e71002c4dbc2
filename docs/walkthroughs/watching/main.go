// Watching has a few things go wrong in a pool, and shows what its
// figures say and which alerts fire.
//
//	go run ./docs/walkthroughs/watching
//	go run ./docs/walkthroughs/watching -redis localhost:6379
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/alicebob/miniredis/v2"
)

func main() {
	if err := start(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "watching:", err)
		os.Exit(1)
	}
}

// start reads the command line, and sees to it that there is a
// Redis.
func start(args []string, stdout io.Writer) error {
	f := flag.NewFlagSet("watching", flag.ContinueOnError)
	f.SetOutput(io.Discard) // what is wrong is said once, by main
	addr := f.String("redis", "", "`host:port` of a Redis server; without it one is embedded")
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintln(stdout, "Usage: watching [flags]")
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
	return run(*addr, stdout)
}

func run(addr string, out io.Writer) error {
	n := &network{addr: addr}
	pool := newPool(n)
	defer pool.Close()
	if err := ping(pool); err != nil {
		return fmt.Errorf("no Redis at %s: %w", addr, err)
	}
	w := &watcher{pool: pool, out: out, then: pool.ResourceStats()}
	t := &traffic{pool: pool, network: n}
	for _, part := range []struct {
		what string
		do   func(w *watcher) error
	}{
		{"a calm minute: 100 requests, one after another", t.calm},
		{"a slow holder: all connections are taken, four others ask", t.slowHolder},
		{"the network is down: three requests need a new connection", t.failingDials},
		{"a firewall cut idle connections: one request comes", t.deadConnections},
		{"bursts: four requests at a time, and MaxIdle is 2", t.bursts},
	} {
		fmt.Fprintln(out, part.what)
		if err := part.do(w); err != nil {
			return err
		}
	}
	publish("redis_pool", pool)
	return show("redis_pool", out)
}
