package main

import (
	"context"
	"fmt"
	"io"
	"time"
)

// #region warm
func warmStart(addr string, out io.Writer) error {
	pool := newPool(addr)
	defer pool.Close()
	if err := borrow(pool, 1); err != nil { // the first use
		return err
	}
	err := until("two are idle", func() bool { return pool.IdleCount() >= 2 })
	fmt.Fprintln(out, "MinIdle: 2                  two are idle, one was asked for")
	return err
}

// #endregion warm

// #region surplus
func surplus(addr string, out io.Writer) error {
	pool := newPool(addr)
	defer pool.Close()
	pool.MinIdle, pool.MaxIdle = 0, 3
	err := borrow(pool, 10)
	st := pool.ResourceStats()
	fmt.Fprintf(out, "MaxIdle: 3                  of %d that came back, %d were closed as surplus\n",
		st.Opened, st.Closed.Surplus)
	return err
}

// #endregion surplus

// #region idle
func idle(addr string, out io.Writer) error {
	pool := newPool(addr)
	defer pool.Close()
	pool.MinIdle, pool.IdleTimeout = 0, 50*time.Millisecond
	if err := borrow(pool, 3); err != nil {
		return err
	}
	err := until("all are closed", func() bool { return pool.ActiveCount() == 0 })
	fmt.Fprintf(out, "IdleTimeout: 50ms           without any traffic, %d were closed\n",
		pool.ResourceStats().Closed.IdleTooLong)
	return err
}

// #endregion idle

// #region lifetime
func lifetime(addr string, out io.Writer) error {
	pool := newPool(addr)
	defer pool.Close()
	pool.MinIdle = 0
	pool.MaxConnLifetime = 3 * time.Second
	pool.MaxConnLifetimeJitter = 2500 * time.Millisecond
	if err := borrow(pool, 20); err != nil {
		return err
	}
	sizes := map[int]bool{}
	err := until("all are closed", func() bool {
		n := pool.ActiveCount()
		sizes[n] = true
		return n == 0
	})
	how := "at once"
	if len(sizes) > 3 { // 20, 0, and some between
		how = "one by one"
	}
	fmt.Fprintf(out, "MaxConnLifetimeJitter       20 opened together went %s\n",
		how)
	return err
}

// #endregion lifetime

// #region uses
func uses(addr string, out io.Writer) error {
	pool := newPool(addr)
	defer pool.Close()
	pool.MinIdle, pool.MaxConnUses = 0, 100
	for range 250 {
		if err := borrow(pool, 1); err != nil {
			return err
		}
	}
	st := pool.ResourceStats()
	fmt.Fprintf(out, "MaxConnUses: 100            250 uses took %d connections, %d are worn out\n",
		st.Opened, st.Closed.WornOut)
	return nil
}

// #endregion uses

// #region resize
func resize(addr string, out io.Writer) error {
	pool := newPool(addr)
	defer pool.Close()
	pool.MinIdle = 0
	if err := borrow(pool, 20); err != nil {
		return err
	}
	before := pool.ActiveCount()
	if err := pool.Resize(5, 5); err != nil {
		return err
	}
	err := until("five are left", func() bool { return pool.ActiveCount() == 5 })
	fmt.Fprintf(out, "Resize(5, 5)                %d connections became %d\n",
		before, pool.ActiveCount())
	return err
}

// #endregion resize

// #region shutdown
func shutdown(addr string, out io.Writer) error {
	pool := newPool(addr)
	conn, err := pool.GetContext(context.Background())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	fmt.Fprintf(out, "Shutdown                    one in use:     %v\n", pool.Shutdown(ctx))
	conn.Close() // a closed pool keeps no connection
	fmt.Fprintf(out, "                            it is back:     %v, %d open\n", pool.Shutdown(context.Background()), pool.ActiveCount())
	fmt.Fprintf(out, "                            one comes late: %v\n", borrow(pool, 1))
	return nil
}

// #endregion shutdown

// #region mistakes
func mistakes(addr string, out io.Writer) error {
	pool := newPool(addr)
	pool.MinIdle = 21
	if err := borrow(pool, 1); err != nil {
		fmt.Fprintln(out, err)
	}
	pool = newPool(addr)
	pool.MaxConnLifetimeJitter = 2 * time.Hour
	if err := borrow(pool, 1); err != nil {
		fmt.Fprintln(out, err)
	}
	return nil
}

// #endregion mistakes
