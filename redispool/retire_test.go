package redispool_test

import (
	"testing"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

// TestRetire replaces one of two idle connections, and one that is in use.
func TestRetire(t *testing.T) {
	var s stubs
	p := &redispool.Pool{MaxIdle: 3}
	p.Retire(func(redis.Conn) bool { t.Error("called before the first use"); return true })
	inBubble(t, &s, p, func(t *testing.T) {
		a, b, c := get(t, p), get(t, p), get(t, p)
		put(t, a, b)
		seen := 0
		p.Retire(func(c redis.Conn) bool {
			if _, ok := c.(*stub); !ok {
				t.Errorf("%T is not what Dial returned", c)
			}
			seen++
			return seen != 2
		})
		counts(t, p, 2, 1)
		put(t, c)
		counts(t, p, 1, 1)
		if st := p.ResourceStats(); st.Closed.Retired != 2 || seen != 3 {
			t.Errorf("%d seen, %+v", seen, st)
		}
	})
	defer func() {
		if r := recover(); r != "redispool: nil function" {
			t.Errorf("panic %v", r)
		}
	}()
	p.Retire(nil)
}
