package walkthrough

import (
	"fmt"
	"sync"
	"time"
)

// Users are eight users who write one after another until they end.
type Users struct {
	write func(user, n int) error
	stop  chan struct{}
	wg    sync.WaitGroup

	mu      sync.Mutex
	written int
	failed  int
	slowest time.Duration // of the writes that succeeded
	last    time.Time     // when the last one did
}

// Begin has the users begin. write is called with a user's number and the number of the write.
func Begin(write func(user, n int) error) *Users {
	u := &Users{write: write, stop: make(chan struct{})}
	for i := range 8 {
		u.wg.Go(func() { u.work(i) })
	}
	return u
}

func (u *Users) work(user int) {
	pause := time.NewTicker(5 * time.Millisecond)
	defer pause.Stop()
	for n := 0; ; n++ {
		begin := time.Now()
		err := u.write(user, n)
		u.note(err, begin)
		select {
		case <-u.stop:
			return
		case <-pause.C:
		}
	}
}

func (u *Users) note(err error, begin time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if err != nil {
		u.failed++
		return
	}
	u.written++
	u.last = time.Now()
	u.slowest = max(u.slowest, u.last.Sub(begin))
}

// Served reports whether a write has succeeded after t.
func (u *Users) Served(t time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.last.After(t)
}

// Written returns how many writes have succeeded.
func (u *Users) Written() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.written
}

// GoOn waits until the users have written for a while.
func (u *Users) GoOn() error {
	before := u.Written()
	return Await("users are served", func() bool { return u.Written() >= before+500 })
}

// End has the users end, and waits for that.
func (u *Users) End() {
	close(u.stop)
	u.wg.Wait()
}

// String is for users that have ended.
func (u *Users) String() string {
	return fmt.Sprintf("users: %d writes, %d errors, the slowest write took %v", u.written, u.failed, u.slowest.Round(time.Millisecond))
}
