// Forty goroutines share four connections to Redis.
package main

import (
	"context"
	"fmt"
	"log"
	"sync"

	"github.com/alicebob/miniredis/v2"
	redis "github.com/respool/respool/redispool"
)

func main() {
	server, err := miniredis.Run() // a Redis within the program
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	pool := &redis.Pool{
		MaxActive: 4,
		MaxIdle:   4,
		Wait:      true,
		Dial: func() (redis.Conn, error) {
			return redis.Dial("tcp", server.Addr())
		},
	}
	defer pool.Close()

	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			err := visit(context.Background(), pool)
			if err != nil {
				log.Print(err)
			}
		})
	}
	all.Wait()

	conn := pool.Get()
	defer conn.Close()
	visits, err := redis.Int(conn.Do("GET", "visits"))
	if err != nil {
		log.Print(err)
	}
	st := pool.ResourceStats()
	fmt.Printf("%d visits, at most %d connections at a time\n", visits, st.PeakActive)
}

func visit(ctx context.Context, pool *redis.Pool) error {
	conn, err := pool.GetContext(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() // back into the pool
	_, err = conn.Do("INCR", "visits")
	return err
}
