package main

import (
	"context"
	"fmt"
	"time"

	"github.com/respool/respool/resource"
)

// sessions uses the first pool, while its server gets worse and
// worse.
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

	fmt.Fprintln(out, "-- sessions with a TCP server, two at most")
	question(ctx, "a first question", "hello")
	question(ctx, "a second", "hello again")
	if err := third(ctx, pool, out); err != nil {
		return err
	}

	server.hangUp()
	time.Sleep(2 * checkAfter)
	question(ctx, "the server has hung up on both", "hello?")

	short, cancel := shortly(ctx)
	defer cancel()
	question(short, "no answer in time", "quiet")
	question(ctx, "the next question", "sorry?")

	server.stop()
	time.Sleep(2 * checkAfter)
	question(ctx, "the server is gone", "anybody?")

	st := pool.Stats()
	fmt.Fprintf(out, "opened %d, and %d failed to open; lent %d times\n", st.Opened, st.OpenFailed, st.Acquired)
	fmt.Fprintf(out, "closed: %d failed the test, %d discarded\n\n", st.Closed.FailedTest, st.Closed.Discarded)
	return nil
}

// third asks for a third session while both are in use.
func third(ctx context.Context, pool *resource.Pool[*session], out *printer) error {
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
	out.result("both in use, a third at once", "", err)

	short, cancel := shortly(ctx)
	defer cancel()
	_, err = pool.Acquire(short)
	out.result("both in use, a third waits", "", err)

	first.Release()
	second.Release()
	// #endregion exhausted
	return nil
}
