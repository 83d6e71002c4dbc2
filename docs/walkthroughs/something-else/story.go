package main

import (
	"context"
	"fmt"
	"time"
)

// sessions uses the first pool, while its server goes from good to bad.
func sessions(ctx context.Context, out *printer) error {
	server, err := startLineServer()
	if err != nil {
		return err
	}
	defer server.stop()
	pool, err := newSessionPool(server.addr())
	if err != nil {
		return err
	}
	defer pool.Close()
	question := func(ctx context.Context, what, line string) {
		answer, err := ask(ctx, pool, line)
		out.result(what, answer, err)
	}

	fmt.Fprintln(out, "sessions with a TCP server, two at most")
	question(ctx, "a first question", "hello")
	question(ctx, "a second", "hello again")

	// #region exhausted
	first, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer first.Release()
	second, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer second.Release()
	_, err = pool.TryAcquire(ctx)
	out.result("both in use, a third at once", nil, err)

	short, cancel := shortly(ctx)
	defer cancel()
	_, err = pool.Acquire(short)
	out.result("both in use, a third waits", nil, err)

	first.Release()
	second.Release()
	// #endregion exhausted

	server.hangUp()
	time.Sleep(2 * checkAfter)
	question(ctx, "the server has hung up on both", "hello?")

	short, cancel = shortly(ctx)
	defer cancel()
	question(short, "no answer in time", "quiet")
	question(ctx, "the next question", "sorry?")

	server.stop()
	time.Sleep(2 * checkAfter)
	question(ctx, "the server is gone", "anybody?")

	st := pool.Stats()
	fmt.Fprintf(out, "  opened %d, failed to open %d, lent %d; closed: %d failed the test, %d discarded\n\n",
		st.Opened, st.OpenFailed, st.Acquired, st.Closed.FailedTest, st.Closed.Discarded)
	return nil
}

// workers uses the second pool. One worker is killed, another does not come
// to an end.
func workers(ctx context.Context, out *printer) error {
	fmt.Fprintln(out, "worker processes, two at most")
	// #region validate
	_, err := newWorkerPool(2, 3)
	out.result("a pool that cannot be", nil, err)
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

	// #region do
	var victim *worker
	err = pool.Do(ctx, func(_ context.Context, w *worker) error {
		victim = w
		return nil
	})
	if err != nil {
		return err
	}
	// #endregion do
	victim.cmd.Process.Kill() // as an administrator does, or the kernel when memory is short
	<-victim.ended
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
	out.result("shut down while one is in use", nil, pool.Shutdown(short))
	lease.Release()
	out.result("and when it is back", "done", pool.Shutdown(ctx))
	words(ctx, "a job for a closed pool", job{Text: "too late"})
	// #endregion shutdown

	st := pool.Stats()
	fmt.Fprintf(out, "  started %d; closed: %d failed the test, %d discarded, %d with the pool; killed: %d\n",
		st.Opened, st.Closed.FailedTest, st.Closed.Discarded, st.Closed.PoolClosed, st.CloseErrors)
	return nil
}
