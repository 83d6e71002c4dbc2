package redispool_test

import (
	"context"
	"fmt"

	"github.com/alicebob/miniredis/v2"

	redis "github.com/respool/respool/redispool"
)

// Do sends one command to the node that serves its key. A connection is for what needs several commands.
func ExampleCluster() {
	server, err := miniredis.Run() // says that it is a cluster of one node
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	ctx := context.Background()

	cluster := &redis.Cluster{
		StartupNodes: []string{server.Addr()},
		CreatePool: func(addr string) *redis.Pool { // for each node; without a Dial the pool dials addr
			return &redis.Pool{MaxIdle: 8, MaxActive: 32, Wait: true}
		},
	}
	defer cluster.Close()

	fmt.Println(cluster.Do(ctx, "SET", "visits", 41))

	conn, err := cluster.GetContext(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	conn.Send("MULTI")
	conn.Send("INCR", "visits") // this key decides on the node
	fmt.Println(conn.Do("EXEC"))

	_, err = conn.Do("GET", "users")
	fmt.Println(err)
	// Output:
	// OK <nil>
	// [42] <nil>
	// redispool: GET: key "users" is in slot 14124, and the connection is bound to slot 12263 by key "visits"; use another connection, Cluster.Do, or keys with a common {tag}
}

// Keys in several slots are read with one command for each slot.
func ExampleSplitBySlot() {
	for _, keys := range redis.SplitBySlot("{user:1}:name", "{user:2}:name", "{user:1}:mail") {
		fmt.Println(keys)
	}
	// Output:
	// [{user:2}:name]
	// [{user:1}:name {user:1}:mail]
}
