package main

import (
	"fmt"
	"sync"
	"time"

	redis "github.com/respool/respool/redispool"
)

// users write keys all over the cluster, one after another, until they end.
type users struct {
	cluster *redis.Cluster
	stop    chan struct{}
	wg      sync.WaitGroup

	mu      sync.Mutex
	served  int
	failed  int
	slowest time.Duration // of those that succeeded
}

func begin(cluster *redis.Cluster) *users {
	u := &users{cluster: cluster, stop: make(chan struct{})}
	for i := range 8 {
		u.wg.Go(func() { u.write(i) })
	}
	return u
}

func (u *users) write(user int) {
	pause := time.NewTicker(5 * time.Millisecond)
	defer pause.Stop()
	for n := 0; ; n++ {
		begin := time.Now()
		err := write(u.cluster, fmt.Sprintf("key:%d:%d", user, n%1000))
		u.note(err, time.Since(begin))
		select {
		case <-u.stop:
			return
		case <-pause.C:
		}
	}
}

func (u *users) note(err error, took time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if err != nil {
		u.failed++
		return
	}
	u.served++
	u.slowest = max(u.slowest, took)
}

// goOn waits until the users have written for a while.
func (u *users) goOn() error {
	count := func() int {
		u.mu.Lock()
		defer u.mu.Unlock()
		return u.served
	}
	before := count()
	return await("users are served", func() bool { return count() >= before+500 })
}

func (u *users) end() {
	close(u.stop)
	u.wg.Wait()
}

func (u *users) String() string {
	return fmt.Sprintf("users: %d writes, %d errors, the slowest write took %v", u.served, u.failed, u.slowest.Round(time.Millisecond))
}
