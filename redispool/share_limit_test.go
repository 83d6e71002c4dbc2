package redispool

import (
	"context"
	"sync"
	"testing"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/redistest"
)

// TestShareOfOne: after Resize to one connection all callers use it in turn: those that share,
// and those that need their own.
func TestShareOfOne(t *testing.T) {
	p := sharingPool(t, redistest.Start(t).Addr(), 2)
	if err := p.Resize(1, 2); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				if _, err := p.Do(context.Background(), "PING"); err != nil {
					t.Error(err)
				}
				c := p.Get()
				c.Send("MULTI")
				c.Send("ECHO", "own")
				if reply, err := redis.Strings(c.Do("EXEC")); err != nil || len(reply) != 1 || reply[0] != "own" {
					t.Error(reply, err)
				}
				c.Close()
			}
		})
	}
	wg.Wait()
	if n := p.ResourceStats().Opened; n != 1 || p.ShareStats().Calls != 80 {
		t.Errorf("%d connections, %d calls shared", n, p.ShareStats().Calls)
	}
}
