package redispool_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/respool/respool/redispool"
)

// TestMendR21EveryWaitIsCounted lets one wait succeed, one time out and one end with the pool. redigo counts only the first,
// so a pool in which all waits fail looks as if nobody waited.
func TestMendR21EveryWaitIsCounted(t *testing.T) {
	mendedInBubble(t, "counted 1 waits of 1s in all", func(t *testing.T, pool maker) string {
		var s stubs
		p := pool(fields{Dial: s.dial, MaxIdle: 1, MaxActive: 1, Wait: true})
		held := get(t, p)

		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if _, err := p.GetContext(ctx); err != context.DeadlineExceeded {
			t.Fatalf("Get at the limit: %v", err)
		}

		go func() {
			time.Sleep(time.Second)
			held.Close()
		}()
		held = get(t, p)

		if isOurs(p) { // in redigo, a waiter gets the place when the pool closes, so its wait may count
			go p.GetContext(context.Background())
			synctest.Wait()
			time.Sleep(5 * time.Second)
		}
		p.Close()
		synctest.Wait()
		put(t, held)
		s.settle(t)

		st := p.Stats()
		if st.WaitCount != 3 || st.WaitDuration != 9*time.Second {
			return fmt.Sprintf("counted %d waits of %v in all", st.WaitCount, st.WaitDuration)
		}
		all := p.(*redispool.Pool).ResourceStats()
		if all.Acquired != 2 || all.Canceled != 1 || all.Rejected != 1 {
			return fmt.Sprintf("%d acquired, %d canceled, %d rejected, want 2, 1, 1", all.Acquired, all.Canceled, all.Rejected)
		}
		return ""
	})
}
