package redispool_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

// TestSuspects restarts a server under a pool with idle connections, a moment after they were in use. One borrower sees an
// error.
func TestSuspects(t *testing.T) {
	for name, own := range map[string]func(ctx context.Context, c redis.Conn, lastUsed time.Time) error{
		"the pool's test": nil, "a test of one's own": redispool.TestPing(0),
	} {
		t.Run(name, func(t *testing.T) {
			down := false
			s := stubs{answer: func(c *stub, cmd string, args []any) any {
				if down && c.id <= 8 {
					return errors.New("connection reset by peer")
				}
				return nil
			}}
			p := &redispool.Pool{MaxIdle: 8, TestSuspects: true, TestOnBorrowContext: own, TestIdleAfter: time.Minute}
			inBubble(t, &s, p, func(t *testing.T) {
				idle(t, p, 8)
				down = true
				errs := 0
				for range 20 {
					c := get(t, p)
					if _, err := c.Do("GET", "k"); err != nil {
						errs++
					}
					c.Close()
				}
				synctest.Wait() // nobody waits for the closes of a pool without a limit
				if st := p.ResourceStats(); errs != 1 || st.Closed.Discarded != 1 || st.Closed.FailedTest != 7 || st.Opened != 9 {
					t.Errorf("%d errors, %+v", errs, st)
				}
			})
		})
	}
}

// TestNoSuspicion has a connection closed for another reason than a failure of its own: the idle ones are not tested.
func TestNoSuspicion(t *testing.T) {
	var s stubs
	p := &redispool.Pool{MaxIdle: 8, TestSuspects: true}
	inBubble(t, &s, p, func(t *testing.T) {
		idle(t, p, 2)
		c := get(t, p)
		if err := c.Send("MONITOR"); err != nil {
			t.Fatal(err)
		}
		c.Close()
		put(t, get(t, p))
		if st := p.ResourceStats(); st.Closed.Discarded != 1 || st.Opened != 2 {
			t.Errorf("got %+v", st)
		}
		for _, x := range s.all {
			x.mu.Lock()
			if len(x.sent) > 0 && x.sent[len(x.sent)-1] != "MONITOR" {
				t.Errorf("sent: %q", x.sent)
			}
			x.mu.Unlock()
		}
	})
}
