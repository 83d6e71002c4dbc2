package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// load is workers that call a client again and again.
type load struct {
	client client
	stop   chan struct{}
	all    sync.WaitGroup
	calls  [][]call // by worker
}

// call is one SET of a key that nobody has used before, or its GET.
type call struct {
	worker       int
	key          string
	began, ended time.Time
	read         bool // a GET
	err          error
	wrong        string // a reply that answers something else
}

const (
	pause  = 5 * time.Millisecond // of a worker between two calls
	budget = 4 * time.Second      // of a call: its context ends then
)

// startLoad starts workers. With readBack each of them reads what it has written.
func startLoad(c client, workers int, readBack bool) *load {
	l := &load{client: c, stop: make(chan struct{}), calls: make([][]call, workers)}
	for w := range workers {
		l.all.Go(func() { l.work(w, readBack) })
	}
	return l
}

func (l *load) work(w int, readBack bool) {
	for n := 0; ; n++ {
		select {
		case <-l.stop:
			return
		case <-time.After(pause):
		}
		key := fmt.Sprintf("key-%d-%d", w, n)
		set := write(l.client, key)
		set.worker = w
		l.calls[w] = append(l.calls[w], set)
		if readBack && set.err == nil {
			l.calls[w] = append(l.calls[w], readBackOf(l.client, key))
		}
	}
}

func write(c client, key string) call {
	ctx, cancel := context.WithTimeout(context.Background(), budget)
	defer cancel()
	made := call{key: key, began: time.Now()}
	reply, err := c.set(ctx, key, valueOf(key))
	made.ended, made.err = time.Now(), err
	if err == nil && reply != "OK" {
		made.wrong = fmt.Sprintf("SET %s: %q", key, reply)
	}
	return made
}

// readBackOf reads a key. That the key is not there is no wrong reply: a failover may
// have lost it.
func readBackOf(c client, key string) call {
	ctx, cancel := context.WithTimeout(context.Background(), budget)
	defer cancel()
	made := call{key: key, read: true, began: time.Now()}
	value, err := c.get(ctx, key)
	made.ended, made.err = time.Now(), err
	if err == nil && value != "" && value != valueOf(key) {
		made.wrong = fmt.Sprintf("GET %s: %q", key, value)
	}
	return made
}

func valueOf(key string) string { return "value of " + key }

// end stops the workers after the call that each is in, and returns all calls in
// the order in which they ended.
func (l *load) end() []call {
	close(l.stop)
	l.all.Wait()
	all := slices.Concat(l.calls...)
	slices.SortFunc(all, func(a, b call) int { return a.ended.Compare(b.ended) })
	return all
}
