// Package walkthrough is the part of the walkthrough programs that readers need not read: the command line, and an
// embedded Redis.
package walkthrough

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/gomodule/redigo/redis"
)

// Redis is the server that a program is to use.
type Redis struct {
	Addr     string               // host:port
	Embedded *miniredis.Miniredis // nil if the user named a server
}

// Main runs a walkthrough as the command of that name. An error is printed as one line, and ends it with status 1.
func Main(name string, run func(server Redis, out io.Writer) error) {
	if err := start(name, os.Args[1:], os.Stdout, run); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

// MainAlone runs a walkthrough that brings a server of its own.
func MainAlone(name string, run func(out io.Writer) error) {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	help, err := parse(f, os.Args[1:], os.Stdout)
	if err == nil && !help {
		err = run(os.Stdout)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

// parse reads the command line, or prints how to use it.
func parse(f *flag.FlagSet, args []string, stdout io.Writer) (help bool, err error) {
	f.SetOutput(io.Discard) // what is wrong is said once, by Main
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(stdout, "Usage: %s [flags]\n", f.Name())
		f.SetOutput(stdout)
		f.PrintDefaults()
		return true, nil
	case err != nil:
		return false, err
	case f.NArg() > 0:
		return false, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	return false, nil
}

func start(name string, args []string, stdout io.Writer, run func(Redis, io.Writer) error) error {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	addr := f.String("redis", "", "`host:port` of a Redis server; without it one is embedded")
	if help, err := parse(f, args, stdout); help || err != nil {
		return err
	}
	server := Redis{Addr: *addr}
	if server.Addr == "" {
		embedded, err := miniredis.Run()
		if err != nil {
			return err
		}
		defer embedded.Close()
		server = Redis{Addr: embedded.Addr(), Embedded: embedded}
	}
	if err := ping(server.Addr); err != nil {
		return fmt.Errorf("no Redis at %s: %w", server.Addr, err)
	}
	return run(server, stdout)
}

func ping(addr string) error {
	const patience = 5 * time.Second
	conn, err := redis.Dial("tcp", addr,
		redis.DialConnectTimeout(patience), redis.DialReadTimeout(patience), redis.DialWriteTimeout(patience))
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = conn.Do("PING")
	return err
}
