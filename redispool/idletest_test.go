package redispool_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/resource"
)

// TestIdleEveryTests has idle connections tested in the background, and no borrow.
func TestIdleEveryTests(t *testing.T) {
	var s stubs
	var tests atomic.Int32
	var fails atomic.Bool
	p := &redispool.Pool{
		MaxActive: 1, MaxIdle: 1, MinIdle: 1, Wait: true, TestIdleAfter: time.Hour, TestIdleEvery: time.Minute,
		TestOnBorrowContext: func(ctx context.Context, c redis.Conn, lastUsed time.Time) error {
			if !resource.WhileIdle(ctx) {
				t.Error("a borrow is tested")
			}
			tests.Add(1)
			if fails.Load() {
				return errors.New("broken")
			}
			_, err := c.Do("PING")
			return err
		},
	}
	inBubble(t, &s, p, func(t *testing.T) {
		get(t, p).Close()
		time.Sleep(10*time.Minute + time.Second)
		synctest.Wait()
		if st := p.ResourceStats(); tests.Load() != 10 || st.Opened != 1 || st.Idle != 1 {
			t.Errorf("%d tests in ten minutes: %v", tests.Load(), st)
		}
		fails.Store(true)
		time.Sleep(time.Minute)
		synctest.Wait()
		if st := p.ResourceStats(); st.Closed.FailedTest != 1 || st.Opened != 2 || st.Idle != 1 {
			t.Errorf("after a failed test: %v", st)
		}
	})
}

// TestIdleEveryLeavesAStuckTest has a test that no context ends.
func TestIdleEveryLeavesAStuckTest(t *testing.T) {
	s := stubs{answer: func(c *stub, cmd string, _ []any) any {
		if cmd == "PING" {
			<-c.closed
			return errors.New("closed")
		}
		return "OK"
	}}
	p := &redispool.Pool{
		MaxIdle: 1, MaxActive: 1, Wait: true, TestIdleAfter: time.Hour, TestIdleEvery: time.Minute,
		TestOnBorrow: func(c redis.Conn, _ time.Time) error { _, err := c.Do("PING"); return err },
	}
	inBubble(t, &s, p, func(t *testing.T) {
		get(t, p).Close()
		time.Sleep(time.Minute)
		synctest.Wait()
		begin := time.Now()
		c := get(t, p) // waits for the test, and then for the dial in the place of the connection
		if took := time.Since(begin); took != time.Minute {
			t.Errorf("a stuck test held a borrower for %v", took)
		}
		c.Close()
	})
}
