package resource_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/respool/respool/resource"
)

// The error of an acquire says what the pool was like. Here its one resource is in use, so
// a larger pool would help, or a shorter use.
func ExamplePoolError() {
	pool, err := resource.New(resource.Config[*mailSession]{
		Open:        logins(),
		Close:       (*mailSession).close,
		MaxActive:   1,
		WaitTimeout: 10 * time.Millisecond,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	lease, err := pool.Acquire(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	defer lease.Release()

	_, err = pool.Acquire(context.Background())
	var why *resource.PoolError
	if errors.As(err, &why) {
		fmt.Println(errors.Is(err, resource.ErrWaitTimeout))
		fmt.Println(why.Snapshot)
	}
	// Output:
	// true
	// 1 of 1 active (1 leased, 0 idle), 0 waiting
}

// A program says that it can serve when its pool has connected.
func ExamplePool_WaitReady() {
	pool, err := resource.New(resource.Config[*mailSession]{
		Open:    logins(),
		Close:   (*mailSession).close,
		MinIdle: 2,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := pool.WaitReady(ctx); err != nil {
		log.Fatal(err) // it says why the last opening failed
	}
	fmt.Println("ready, with", pool.Stats().Idle)
	// Output:
	// ready, with 2
}

// When the time for a shutdown is over, Terminate closes what is in use, and says whose it was.
func ExamplePool_Terminate() {
	pool, err := resource.New(resource.Config[*mailSession]{
		Open:      logins(),
		Close:     (*mailSession).close,
		LeakAfter: time.Minute, // so the stacks of the holders are known
	})
	if err != nil {
		log.Fatal(err)
	}
	lease, err := pool.Acquire(context.Background())
	if err != nil {
		log.Fatal(err)
	}

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	var incomplete *resource.ShutdownError
	if errors.As(pool.Terminate(ctx), &incomplete) {
		for _, h := range incomplete.Terminated {
			fmt.Println("still in use: resource", h.Resource)
		}
	}
	fmt.Println("released:", lease.Release()) // too late, and harmless
	// Output:
	// still in use: resource 1
	// released: false
}
