package redispool_test

import (
	"errors"
	"testing"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

// GetBackground leaves the reserve to others, and never waits.
func TestGetBackground(t *testing.T) {
	p := &redispool.Pool{
		MaxActive: 2, MaxIdle: 2, Reserve: 1, Wait: true,
		Dial: (&stubs{}).dial,
	}
	defer p.Close()
	first, err := p.GetBackground(none)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := p.GetBackground(none); err != redispool.ErrReserved || !errors.Is(err, redis.ErrPoolExhausted) || c.Err() != err {
		t.Errorf("the reserve is left: %v", err)
	}
	second := p.Get()
	if err := second.Err(); err != nil {
		t.Errorf("the reserve is for others: %v", err)
	}
	second.Close()
	first.Close()
	if st := p.ResourceStats(); st.Reserved != 1 || st.Acquired != 2 {
		t.Errorf("%+v", st)
	}
}
