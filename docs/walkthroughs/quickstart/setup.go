package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"
)

type options struct {
	redis              string
	clients, requests  int
	maxActive, maxIdle int
	wait               bool
}

func (o options) limits() string {
	most := "any number"
	if o.maxActive > 0 {
		most = fmt.Sprintf("at most %d", o.maxActive)
	}
	return fmt.Sprintf("%s, %d kept idle", most, o.maxIdle)
}

func main() {
	if err := start(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// start reads the command line, and starts an embedded Redis if the user named none.
func start(args []string, stdout io.Writer) error {
	o, err := parse(args, stdout)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if o.redis == "" {
		embedded, err := miniredis.Run()
		if err != nil {
			return err
		}
		defer embedded.Close()
		teachKill(embedded.Server())
		o.redis = embedded.Addr()
	}
	return run(o, stdout)
}

func parse(args []string, stdout io.Writer) (o options, err error) {
	f := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	f.SetOutput(io.Discard) // main prints the error
	f.StringVar(&o.redis, "redis", "", "`host:port` of a Redis server; without it one is embedded")
	f.IntVar(&o.clients, "clients", 40, "clients at a time")
	f.IntVar(&o.requests, "requests", 200, "requests of each client")
	f.IntVar(&o.maxActive, "max-active", 8, "most connections, 0: no limit")
	f.IntVar(&o.maxIdle, "max-idle", 4, "most idle connections")
	f.BoolVar(&o.wait, "wait", true, "wait for a connection when all are in use; else the request is refused")
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(stdout, "Usage: quickstart [flags]")
			f.SetOutput(stdout)
			f.PrintDefaults()
		}
		return o, err
	}
	switch {
	case f.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", f.Arg(0))
	case o.clients < 1:
		err = fmt.Errorf("-clients is %d, must be at least 1", o.clients)
	case o.requests < 1:
		err = fmt.Errorf("-requests is %d, must be at least 1", o.requests)
	case o.maxActive < 0:
		err = fmt.Errorf("-max-active is %d, must not be negative", o.maxActive)
	case o.maxIdle < 0:
		err = fmt.Errorf("-max-idle is %d, must not be negative", o.maxIdle)
	}
	return o, err
}

// teachKill adds CLIENT ID and CLIENT KILL ID to an embedded Redis, which lacks them. The embedded Redis closes a killed
// connection, without an answer, when its client uses it next.
func teachKill(s *server.Server) {
	var mu sync.Mutex
	var known []*server.Peer
	s.SetPreHook(func(peer *server.Peer, cmd string, args ...string) (done bool) {
		mu.Lock()
		defer mu.Unlock()
		if peer.Closed() {
			return true
		}
		var id int
		switch request := strings.ToUpper(strings.Join(append([]string{cmd}, args...), " ")); {
		case request == "CLIENT ID":
			known = append(known, peer)
			peer.WriteInt(len(known))
			return true
		case scan(request, "CLIENT KILL ID %d", &id) && 1 <= id && id <= len(known):
			killed := 0
			if victim := known[id-1]; !victim.Closed() {
				victim.Close()
				killed = 1
			}
			peer.WriteInt(killed)
			return true
		}
		return false
	})
}

func scan(s, format string, into ...any) bool {
	n, err := fmt.Sscanf(s, format, into...)
	return err == nil && n == len(into)
}
