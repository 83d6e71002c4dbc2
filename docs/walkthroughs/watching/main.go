// Watching makes a few things go wrong in a pool, and shows the
// pool's figures and the alerts that fire.
//
//	go run ./docs/walkthroughs/watching
//	go run ./docs/walkthroughs/watching -redis localhost:6379
package main

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/respool/respool/docs/internal/walkthrough"
)

func main() { walkthrough.Main("watching", run) }

func run(r walkthrough.Redis, out io.Writer) error {
	n := &network{addr: r.Addr}
	log := &indented{out: out}
	pool := newPool(n, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{ReplaceAttr: walkthrough.BriefLog})))
	defer pool.Close()
	defer log.mute()
	if err := ping(pool); err != nil {
		return fmt.Errorf("no Redis at %s: %w", r.Addr, err)
	}
	page, stop, err := serve(pool)
	if err != nil {
		return err
	}
	defer stop()
	w := &watcher{pool: pool, page: page, out: out, then: pool.ResourceStats()}
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
	return w.show()
}
