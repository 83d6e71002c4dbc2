package main

import (
	"fmt"
	"sync"
	"time"

	redis "github.com/respool/respool/redispool"
)

// users write new keys one after another until they end.
type users struct {
	pool *redis.Pool
	stop chan struct{}
	wg   sync.WaitGroup

	mu           sync.Mutex
	acknowledged int
	failed       int
	slowest      time.Duration // of those that succeeded
	last         time.Time     // of the last success
}

func begin(pool *redis.Pool) *users {
	u := &users{pool: pool, stop: make(chan struct{})}
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
		err := write(u.pool, fmt.Sprintf("key:%d:%d", user, n))
		u.note(err, begin)
		select {
		case <-u.stop:
			return
		case <-pause.C:
		}
	}
}

func (u *users) note(err error, begin time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if err != nil {
		u.failed++
		return
	}
	u.acknowledged++
	u.last = time.Now()
	u.slowest = max(u.slowest, u.last.Sub(begin))
}

// served reports whether a write has succeeded after t.
func (u *users) served(t time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.last.After(t)
}

func (u *users) end() {
	close(u.stop)
	u.wg.Wait()
}

func (u *users) String() string {
	return fmt.Sprintf("users: %d writes, %d errors, the slowest write took %v", u.acknowledged, u.failed, u.slowest.Round(time.Millisecond))
}
