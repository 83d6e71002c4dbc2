package main

import (
	"bytes"
	"encoding/json"
	"expvar"
	"fmt"
	"io"
	"strings"

	redis "github.com/respool/respool/redispool"
	"github.com/respool/respool/resource"
)

// watcher takes snapshots of a pool.
type watcher struct {
	pool *redis.Pool
	out  io.Writer
	then resource.Stats
}

// look prints what has changed since the last snapshot, and the
// alerts that fire.
func (w *watcher) look() {
	c := change{w.then, w.pool.ResourceStats()}
	w.then = c.now
	fmt.Fprintf(w.out, "  %s\n", c)
	quiet := true
	for _, a := range alerts() {
		if a.fires(c) {
			fmt.Fprintf(w.out, "  ! %-23s  see %s\n", a.name, a.look)
			quiet = false
		}
	}
	if quiet {
		fmt.Fprintln(w.out, "  no alert")
	}
}

func (c change) String() string {
	words := []string{fmt.Sprintf("%d in use, %d idle;", c.now.Leased, c.now.Idle)}
	for _, t := range []struct {
		name string
		of   func(resource.Stats) uint64
	}{
		{"acquired", acquired},
		{"timed out", func(s resource.Stats) uint64 { return s.TimedOut }},
		{"canceled", func(s resource.Stats) uint64 { return s.Canceled }},
		{"failed", func(s resource.Stats) uint64 { return s.Failed }},
		{"opened", opened},
		{"open failed", openFailed},
		{"failed the test", failedTest},
		{"closed as surplus", func(s resource.Stats) uint64 { return s.Closed.Surplus }},
	} {
		if n := c.of(t.of); n > 0 {
			words = append(words, fmt.Sprintf("+%.0f %s", n, t.name))
		}
	}
	return strings.Join(words, " ")
}

// #region publish

// publish puts the figures of a pool into /debug/vars of net/http's
// default server, where any scraper finds them.
func publish(name string, pool *redis.Pool) {
	figures := func() any { return pool.ResourceStats() }
	expvar.Publish(name, expvar.Func(figures))
}

// #endregion publish

// show prints what /debug/vars has under a name.
func show(name string, out io.Writer) error {
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, []byte(expvar.Get(name).String()), "", "  "); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\n%s in /debug/vars\n%s\n", name, pretty.String())
	return err
}
