package main

import (
	"context"
	"fmt"
	"time"

	"github.com/respool/respool/resource"
)

// workers uses the second pool. One worker is killed, and another
// does not finish its job.
func workers(ctx context.Context, out *printer) error {
	fmt.Fprintln(out, "-- worker processes, two at most")
	// #region validate
	_, err := newWorkerPool(2, 3)
	out.result("a pool that cannot be", "", err)
	// #endregion validate

	pool, err := newWorkerPool(2, 0)
	if err != nil {
		return err
	}
	defer pool.Close()
	words := func(ctx context.Context, what string, j job) {
		n, err := count(ctx, pool, j)
		out.result(what, fmt.Sprintf("%d words", n), err)
	}
	words(ctx, "a job", job{Text: "to be or not to be"})
	words(ctx, "a job that makes no sense", job{Text: " "})

	if err := killOne(ctx, pool); err != nil {
		return err
	}
	words(ctx, "after a worker was killed", job{Text: "that is the question"})

	short, cancel := shortly(ctx)
	defer cancel()
	words(short, "a job that takes too long", job{Text: "to sleep", Takes: 10 * time.Second})
	words(ctx, "the next job", job{Text: "perchance to dream"})

	// #region shutdown
	lease, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	short, cancel = shortly(ctx)
	defer cancel()
	out.result("shut down while one is in use", "", pool.Shutdown(short))
	lease.Release()
	out.result("and when it is back", "done", pool.Shutdown(ctx))
	words(ctx, "a job for a closed pool", job{Text: "too late"})
	// #endregion shutdown

	st := pool.Stats()
	fmt.Fprintf(out, "started %d\n", st.Opened)
	fmt.Fprintf(out, "closed: %d failed the test, %d discarded, %d with the pool\n",
		st.Closed.FailedTest, st.Closed.Discarded, st.Closed.PoolClosed)
	fmt.Fprintf(out, "had to be killed: %d\n", st.CloseErrors)
	return nil
}

// killOne kills a worker, as an administrator does, or the kernel when memory is short.
func killOne(ctx context.Context, pool *resource.Pool[*worker]) error {
	var victim *worker
	err := pool.Do(ctx, func(_ context.Context, w *worker) error {
		victim = w
		return nil
	})
	if err != nil {
		return err
	}
	victim.cmd.Process.Kill()
	<-victim.ended
	return nil
}
