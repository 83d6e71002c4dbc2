package redispool_test

import (
	"context"
	"fmt"
	"time"

	"github.com/alicebob/miniredis/v2"

	redis "github.com/respool/respool/redispool"
)

// With Share plain commands of all callers go over a few connections.
func ExamplePool_Do() {
	server, err := miniredis.Run()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	pool := &redis.Pool{
		MaxIdle:   2,
		MaxActive: 10,
		Share:     2,
		Dial:      func() (redis.Conn, error) { return redis.Dial("tcp", server.Addr()) },
	}
	defer pool.Close()

	ctx := context.Background()
	for range 3 {
		fmt.Println(redis.Int(pool.Do(ctx, "INCR", "visits")))
	}
	st := pool.ShareStats()
	fmt.Println(st.Calls, "calls over shared connections; dialed:", pool.ResourceStats().Opened)
	// Output:
	// 1 <nil>
	// 2 <nil>
	// 3 <nil>
	// 3 calls over shared connections; dialed: 1
}

// The error is redigo's, and Why says what the pool was like.
func ExampleWhy() {
	server, err := miniredis.Run()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	pool := &redis.Pool{
		MaxIdle:   1,
		MaxActive: 1,
		Dial:      func() (redis.Conn, error) { return redis.Dial("tcp", server.Addr()) },
	}
	defer pool.Close()
	first := pool.Get()
	defer first.Close()

	second := pool.Get()
	defer second.Close()
	if _, err := second.Do("PING"); err != nil {
		fmt.Println(err)
		fmt.Println(redis.Why(second).Snapshot)
	}
	// Output:
	// redigo: connection pool exhausted
	// 1 of 1 active (1 leased, 0 idle), 0 waiting
}

// A restart of the server costs a test, and no request.
func ExampleTestPing() {
	server, err := miniredis.Run()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	pool := &redis.Pool{
		MaxIdle:             1,
		Dial:                func() (redis.Conn, error) { return redis.Dial("tcp", server.Addr()) },
		TestOnBorrowContext: redis.TestPing(0),
	}
	defer pool.Close()
	get := func() {
		conn := pool.Get()
		defer conn.Close()
		fmt.Println(redis.String(conn.Do("GET", "key")))
	}
	server.Set("key", "value")

	get()
	server.Close()
	if err := server.Restart(); err != nil {
		fmt.Println(err)
		return
	}
	get()
	fmt.Println("failed the test:", pool.ResourceStats().Closed.FailedTest)
	// Output:
	// value <nil>
	// value <nil>
	// failed the test: 1
}

// A program says that it can serve when its pool has connected.
func ExamplePool_WaitReady() {
	server, err := miniredis.Run()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	pool := &redis.Pool{
		MaxIdle: 4,
		MinIdle: 2,
		Dial:    func() (redis.Conn, error) { return redis.Dial("tcp", server.Addr()) },
	}
	defer pool.Close()

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	fmt.Println(pool.WaitReady(ctx))
	fmt.Println("idle:", pool.IdleCount())
	// Output:
	// <nil>
	// idle: 2
}
