package redispool_test

import (
	"context"
	"fmt"

	redis "github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/sentineltest"
)

// A pool that follows the master. The servers of this example are in memory, so it sets the two dial functions; a program
// sets DialOptions and SentinelDialOptions instead.
func ExampleSentinel() {
	world := sentineltest.New()
	world.Sentinel("10.0.1.1:26379", "10.0.0.1:6379")
	world.Server("10.0.0.1:6379", "master")

	s := &redis.Sentinel{
		Addrs:               []string{"10.0.1.1:26379"},
		MasterName:          "mymaster",
		DialContext:         world.Dial,
		SentinelDialContext: world.Dial,
	}
	defer s.Close()
	pool := s.Master(&redis.Pool{MaxIdle: 8, MaxActive: 8, Wait: true})
	defer pool.Close()

	conn, err := pool.GetContext(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	fmt.Println(conn.Do("SET", "key", "value"))
	fmt.Println(s.MasterAddr(context.Background()))
	// Output:
	// OK <nil>
	// 10.0.0.1:6379 <nil>
}
