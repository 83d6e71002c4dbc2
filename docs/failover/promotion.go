package main

import (
	"context"
	"sync"
	"time"

	"github.com/gomodule/redigo/redis"
)

// promotion watches replicas, and notes when the first of them is a master.
type promotion struct {
	end context.CancelFunc
	all sync.WaitGroup

	mu    sync.Mutex
	first time.Time
}

// watchPromotion watches all servers that are replicas now.
func watchPromotion(servers []*server) *promotion {
	ctx, end := context.WithCancel(context.Background())
	p := &promotion{end: end}
	for _, s := range servers {
		if s.role() == "slave" {
			p.all.Go(func() { p.watch(ctx, s) })
		}
	}
	return p
}

// watch asks a server until it is a master. A sentinel cuts the connections of a server
// that it promotes, so they are dialed again.
func (p *promotion) watch(ctx context.Context, s *server) {
	for ctx.Err() == nil {
		c, err := redis.Dial("tcp", s.addr, redis.DialConnectTimeout(time.Second), redis.DialReadTimeout(time.Second))
		if err == nil && sees(ctx, c) {
			p.note(time.Now())
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// sees asks over one connection, and reports whether its server has become a master.
func sees(ctx context.Context, c redis.Conn) bool {
	defer c.Close()
	for ctx.Err() == nil {
		role, err := redis.Values(c.Do("ROLE"))
		if err != nil {
			return false
		}
		if name, err := redis.String(role[0], nil); err == nil && name == "master" {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

func (p *promotion) note(at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.first.IsZero() {
		p.first = at
	}
}

// ended ends the watching, and returns when the promotion was; zero if there was none.
func (p *promotion) ended() time.Time {
	p.end()
	p.all.Wait()
	return p.first
}
