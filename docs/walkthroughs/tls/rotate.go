package main

import (
	"fmt"
	"io"

	redis "github.com/respool/respool/redispool"
)

// rotate changes the password while connections are open, one of them in use.
func rotate(out io.Writer, srv *server) error {
	kept, follows := newSecret("first"), newSecret("first")
	stale := newPool(srv.Addr(), srv.roots, kept) // its secret never changes
	defer stale.Close()
	pool := newPool(srv.Addr(), srv.roots, follows)
	defer pool.Close()
	say := func(what, answer string) { fmt.Fprintf(out, "%-38s %s\n", what, answer) }

	say("TLS and a password", answer(pool))
	say("the same, in another pool", answer(stale))
	used := pool.Get()
	defer used.Close()

	// #region change
	srv.RequireUserAuth("app", "second") // the server's side: ACL SETUSER app resetpass >second
	follows.set("second")                // the program's side
	// #endregion change
	say("password changed: an open connection", answer(stale))
	say("password changed: a new connection", answer(pool))

	// #region reset
	pool.Reset()
	// #endregion reset
	say("Reset, while one is in use", connections(pool))
	used.Close()
	say("Reset, when that is back", connections(pool))
	say("after Reset, a new connection", answer(pool))

	stale.Reset()
	say("the old password, a new connection", answer(stale))
	return nil
}

func connections(pool *redis.Pool) string {
	st := pool.ResourceStats()
	return fmt.Sprintf("%d in use, %d idle", st.Leased, st.Idle)
}
