package main

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	redis "github.com/respool/respool/redispool"
	"github.com/respool/respool/resource"
)

// #region token

// newTokenPool makes a pool whose idle connections authenticate again, before their token expires.
func newTokenPool(addr string, roots *x509.CertPool, s *secret, every time.Duration, again *atomic.Int32) *redis.Pool {
	pool := newPool(addr, roots, s)
	pool.TestIdleEvery = every // a third of the time that a token is valid, say
	pool.TestOnBorrowContext = func(ctx context.Context, c redis.Conn, _ time.Time) error {
		if !resource.WhileIdle(ctx) {
			return nil // a borrower need not wait for it
		}
		token, err := s.current(ctx)
		if err != nil {
			return err
		}
		if _, err := redis.DoContext(c, ctx, "AUTH", "app", token); err != nil {
			return err // the pool closes the connection
		}
		again.Add(1)
		return nil
	}
	return pool
}

// #endregion token

// renew changes the token while a connection is idle.
func renew(out io.Writer, srv *server) error {
	token := newSecret("second")
	var again atomic.Int32
	pool := newTokenPool(srv.Addr(), srv.roots, token, 20*time.Millisecond, &again)
	defer pool.Close()
	if reply := answer(pool); reply != "PONG" {
		return fmt.Errorf("the first connection: %s", reply)
	}
	srv.RequireUserAuth("app", "third")
	token.set("third")
	for begin, before := time.Now(), again.Load(); again.Load() < before+2; time.Sleep(time.Millisecond) {
		if time.Since(begin) > 10*time.Second {
			return fmt.Errorf("the idle connection has not authenticated again: %v", pool.ResourceStats())
		}
	}
	st := pool.ResourceStats()
	fmt.Fprintf(out, "%-38s %s\n", "token renewed while idle", fmt.Sprintf("%d dialed, %d idle", st.Opened, st.Idle+st.Testing))
	return nil
}
