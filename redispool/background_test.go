package redispool_test

import (
	"context"
	"errors"
	"runtime"
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

// GetUrgent goes before others in the queue, and does not wait in a pool that does not.
func TestGetUrgent(t *testing.T) {
	p := &redispool.Pool{MaxActive: 1, Wait: true, MaxWaiters: 1, Dial: (&stubs{}).dial}
	defer p.Close()
	held, err := p.GetUrgent(none)
	if err != nil {
		t.Fatal(err)
	}
	order := make(chan string, 2)
	wait := func(name string, get func(context.Context) (redis.Conn, error)) {
		go func() {
			c, err := get(none)
			if err != nil {
				t.Error(err)
			}
			order <- name
			c.Close()
		}()
	}
	wait("ordinary", p.GetContext)
	waiting(t, p, 1)
	wait("urgent", p.GetUrgent)
	waiting(t, p, 2)
	if _, err := p.GetUrgent(none); !errors.Is(err, redispool.ErrTooManyWaiters) {
		t.Errorf("one more waits: %v", err)
	}
	held.Close()
	if first, second := <-order, <-order; first != "urgent" || second != "ordinary" {
		t.Errorf("served %s and then %s", first, second)
	}

	now := &redispool.Pool{MaxActive: 1, Dial: (&stubs{}).dial}
	defer now.Close()
	held, err = now.GetUrgent(none)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := now.GetUrgent(none); err != redis.ErrPoolExhausted || c.Err() != err {
		t.Errorf("it waits: %v", err)
	}
	held.Close()
}

// waiting returns when so many callers wait.
func waiting(t *testing.T, p *redispool.Pool, n int) {
	t.Helper()
	for p.ResourceStats().Waiting != n {
		runtime.Gosched()
	}
}
