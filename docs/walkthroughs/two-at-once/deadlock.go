package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	redis "github.com/respool/respool/redispool"
)

// attempt runs a number of requests at the same time, each of which takes a number of connections. It returns the outcome.
func attempt(pool *redis.Pool, requests, each int) (string, error) {
	defer pool.Close()
	ctx, giveUp := context.WithCancel(context.Background())
	defer giveUp()
	var allButOne sync.WaitGroup // done when every request holds all its connections except the last
	allButOne.Add(requests)
	ends := make(chan error, requests)
	for range requests {
		go func() { ends <- request(ctx, pool, each, &allButOne) }()
	}
	if stuck(pool, requests, ends) {
		st := pool.ResourceStats()
		giveUp()
		for range requests {
			<-ends
		}
		return fmt.Sprintf("deadlock: %d in use, %d wait", st.Leased, st.Waiting), nil
	}
	var failed error
	for range requests {
		failed = errors.Join(failed, <-ends)
	}
	return "all are done", failed
}

// #region request
func request(ctx context.Context, pool *redis.Pool, each int, allButOne *sync.WaitGroup) error {
	for n := range each {
		if n == each-1 {
			allButOne.Done()
			allButOne.Wait() // the worst case: all get this far at the same time
		}
		conn, err := pool.GetContext(ctx)
		if err != nil {
			return err
		}
		defer conn.Close() // held to the end, like the connection of an outer function
	}
	return nil
}

// #endregion request

// stuck reports whether every request waits. They then wait for one another, so none of them ever goes on.
func stuck(pool *redis.Pool, requests int, ends chan error) bool {
	for len(ends) < requests {
		if pool.ResourceStats().Waiting == requests {
			return true
		}
		time.Sleep(time.Millisecond)
	}
	return false
}
