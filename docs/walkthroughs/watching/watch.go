package main

import (
	"fmt"
	"io"
	"strings"

	redis "github.com/respool/respool/redispool"
	"github.com/respool/respool/resource"
)

// watcher takes snapshots of a pool.
type watcher struct {
	pool *redis.Pool
	page page
	out  io.Writer
	then resource.Stats
}

// look prints what has changed since the last snapshot, what the
// page says now, and the alerts that fire.
func (w *watcher) look() error {
	c := change{w.then, w.pool.ResourceStats()}
	w.then = c.now
	fmt.Fprintf(w.out, "  %s\n", c)
	findings, err := w.page.findings()
	if err != nil {
		return err
	}
	for _, f := range findings {
		fmt.Fprintf(w.out, "  page   %s\n", f)
	}
	for _, a := range alerts() {
		if a.fires(c) {
			fmt.Fprintf(w.out, "  alert  %-23s  see %s\n", a.name, a.look)
		}
	}
	return nil
}

// show prints the page of the pool.
func (w *watcher) show() error {
	text, err := w.page.text()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w.out, "\n/debug/pools?pool=sessions\n\n%s", text)
	return err
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
