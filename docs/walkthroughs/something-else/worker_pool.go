package main

import (
	"context"
	"errors"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
)

// #region pool

// grace is how long a worker may take to end by itself.
const grace = 2 * time.Second

// close closes the worker's input, which makes the worker end, and
// kills the worker if it does not. It is bounded, since a caller
// waits for it: the one that discards the worker or shuts the pool
// down.
func (w *worker) close() error {
	w.jobs.Close()
	select {
	case <-w.ended:
		return nil
	case <-time.After(grace):
		w.cmd.Process.Kill()
		<-w.ended
		return errors.New("the worker did not end, and was killed")
	}
}

// alive is the borrow test. It asks no worker and takes no time, so
// it runs at every borrow.
func alive(_ context.Context, w *worker, _ time.Time) error {
	select {
	case <-w.ended:
		return errEnded
	default:
		return nil
	}
}

func newWorkerPool(maxActive, minIdle int) (*resource.Pool[*worker], error) {
	return resource.New(resource.Config[*worker]{
		Open:       startWorker,
		Close:      (*worker).close,
		MaxActive:  maxActive,
		MinIdle:    minIdle,
		Lifetime:   policy.MaxUses(1000), // bounds leaks
		BorrowTest: policy.Test(alive),
	})
}

// #endregion pool
