package redispool

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/redistest"
)

// sharingPool is a pool that shares connections to a server.
func sharingPool(t testing.TB, addr string, share int, options ...redis.DialOption) *Pool {
	p := &Pool{
		MaxIdle: 16, MaxActive: 16, Wait: true, Share: share,
		Dial: func() (redis.Conn, error) { return redis.Dial("tcp", addr, options...) },
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// TestShareManyCallers has many callers send commands with tokens of their own, and compares each reply with its token.
func TestShareManyCallers(t *testing.T) {
	addr := redistest.Start(t).Addr()
	for _, share := range []int{1, 2, 4} {
		for _, callers := range []int{1, 2, 16, 200} {
			p := sharingPool(t, addr, share)
			var wg sync.WaitGroup
			for g := range callers {
				wg.Go(func() {
					for i := range 100 {
						token := fmt.Sprintf("%d-%d", g, i)
						c := p.Get()
						got, err := redis.String(c.Do("ECHO", token))
						c.Close()
						if err != nil || got != token {
							t.Errorf("got %q, %v for %q", got, err, token)
							return
						}
					}
				})
			}
			wg.Wait()
			atRest(t, p)
			if s := p.ShareStats(); s.Calls != uint64(callers*100) || s.UnderWay != 0 || s.Connections != 0 || s.Broken != 0 {
				t.Errorf("%d callers, Share %d: %+v", callers, share, s)
			}
			p.Close()
		}
	}
}

// TestShareCanceled has callers leave at random moments. No connection is lost, and no reply goes astray.
func TestShareCanceled(t *testing.T) {
	addr := redistest.Start(t).Addr()
	p := sharingPool(t, addr, 2)
	var wg sync.WaitGroup
	for g := range 32 {
		wg.Go(func() {
			for i := range 200 {
				token := fmt.Sprintf("%d-%d", g, i)
				ctx, cancel := context.WithTimeout(context.Background(), time.Duration(i%50)*10*time.Microsecond)
				got, err := redis.String(p.Do(ctx, "ECHO", token))
				cancel()
				if err == nil && got != token {
					t.Errorf("got %q for %q", got, token)
				}
				if err != nil && err != context.DeadlineExceeded {
					t.Errorf("%v", err)
				}
			}
		})
	}
	wg.Wait()
	if s := p.ShareStats(); s.Broken != 0 {
		t.Errorf("%+v", s)
	}
}
