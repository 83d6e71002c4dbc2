package redispool_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/alicebob/miniredis/v2"
	redigo "github.com/gomodule/redigo/redis"

	redis "github.com/respool/respool/redispool"
	"github.com/respool/respool/resource"
)

// A Pool is used as a literal. Only a dial function is required.
func ExamplePool() {
	server, err := miniredis.Run()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	pool := &redis.Pool{
		MaxIdle:     3,
		MaxActive:   50,
		Wait:        true,
		IdleTimeout: 4 * time.Minute,
		Dial:        func() (redis.Conn, error) { return redis.Dial("tcp", server.Addr()) },

		TestOnBorrowContext: redis.TestPing(0),
		TestIdleAfter:       time.Minute,
	}
	defer pool.Close()

	visit := func(page string) (int, error) {
		conn := pool.Get()
		defer conn.Close()
		return redis.Int(conn.Do("INCR", "visits:"+page))
	}
	for range 3 {
		fmt.Println(visit("home"))
	}
	fmt.Println("connections:", pool.ActiveCount())
	// Output:
	// 1 <nil>
	// 2 <nil>
	// 3 <nil>
	// connections: 1
}

// GetContext returns its errors as they are, so they can be compared.
func ExamplePool_GetContext() {
	server, err := miniredis.Run()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	dial := func(ctx context.Context) (redis.Conn, error) { return redis.DialContext(ctx, "tcp", server.Addr()) }

	impatient := &redis.Pool{DialContext: dial, MaxIdle: 1, MaxActive: 1}
	defer impatient.Close()
	only := impatient.Get()
	defer only.Close()
	_, err = impatient.GetContext(context.Background())
	fmt.Println("without Wait:", err == redis.ErrPoolExhausted)

	patient := &redis.Pool{DialContext: dial, MaxIdle: 1, MaxActive: 1, Wait: true}
	defer patient.Close()
	only = patient.Get()
	defer only.Close()
	ctx, cancel := context.WithCancel(context.Background())
	go cancel() // the client that made the request has hung up
	_, err = patient.GetContext(ctx)
	fmt.Println("with Wait:", err == context.Canceled)
	// Output:
	// without Wait: true
	// with Wait: true
}

// Some libraries accept only redigo's own pool.
func ExamplePool_Redigo() {
	server, err := miniredis.Run()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	pool := &redis.Pool{
		MaxIdle: 1,
		Dial:    func() (redis.Conn, error) { return redis.Dial("tcp", server.Addr()) },
	}
	defer pool.Close()

	library := func(pool *redigo.Pool) {
		conn := pool.Get()
		defer conn.Close()
		fmt.Println(redigo.String(conn.Do("SET", "key", "value")))
	}
	library(pool.Redigo())
	library(pool.Redigo())
	fmt.Println("dialed:", pool.ResourceStats().Opened)
	// Output:
	// OK <nil>
	// OK <nil>
	// dialed: 1
}

// Shutdown closes the pool, and waits for the connections in use.
func ExamplePool_Shutdown() {
	server, err := miniredis.Run()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	pool := &redis.Pool{
		MaxIdle: 1,
		Dial:    func() (redis.Conn, error) { return redis.Dial("tcp", server.Addr()) },
	}

	conn := pool.Get()
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // do not wait at all
	var out *resource.ShutdownError
	if errors.As(pool.Shutdown(ctx), &out) {
		fmt.Println("still in use:", out.Leased)
	}
	fmt.Println(redis.String(conn.Do("PING"))) // conn stays usable until it is returned
	conn.Close()
	fmt.Println(pool.Shutdown(context.Background()))
	// Output:
	// still in use: 1
	// PONG <nil>
	// <nil>
}

// ResourceStats returns more than Stats, which has only redigo's statistics.
func ExamplePool_ResourceStats() {
	server, err := miniredis.Run()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	pool := &redis.Pool{
		MaxIdle:   1,
		MaxActive: 2,
		Dial:      func() (redis.Conn, error) { return redis.Dial("tcp", server.Addr()) },
	}
	defer pool.Close()

	conns := []redis.Conn{pool.Get(), pool.Get(), pool.Get()}
	for _, conn := range conns {
		conn.Close()
	}
	st := pool.ResourceStats()
	fmt.Println("now:", st.Active, "connection,", st.Idle, "idle")
	fmt.Println("at most:", st.PeakActive, "of", st.MaxActive)
	fmt.Println("lent:", st.Acquired, "refused:", st.Exhausted)
	fmt.Println("opened:", st.Opened, "closed above MaxIdle:", st.Closed.Surplus)
	// Output:
	// now: 1 connection, 1 idle
	// at most: 2 of 2
	// lent: 2 refused: 1
	// opened: 2 closed above MaxIdle: 1
}
