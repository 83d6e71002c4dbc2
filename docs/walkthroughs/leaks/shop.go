package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	redis "github.com/respool/respool/redispool"
	"github.com/respool/respool/resource/poollog"
)

// #region pool

func newPool(addr string, log *slog.Logger) *redis.Pool {
	return &redis.Pool{
		Name:      "shop",
		LeakAfter: 2 * time.Second,
		Reclaim:   true,
		Observer:  poollog.New(log, poollog.Options{}),

		MaxActive: 4,
		MaxIdle:   4,
		Wait:      true,
		DialContext: func(ctx context.Context) (redis.Conn, error) {
			return redis.DialContext(ctx, "tcp", addr)
		},
	}
}

// #endregion pool

type shop struct {
	pool *redis.Pool

	mu    sync.Mutex
	carts map[int]*cart
}

// visit gives its connection back, whatever happens.
func (s *shop) visit(user int) error {
	conn := s.pool.Get()
	defer conn.Close()
	_, err := conn.Do("INCR", fmt.Sprint("visits:", user))
	return err
}

// #region leak

// cart keeps a connection until its user pays. Some never do.
type cart struct{ conn redis.Conn }

func (s *shop) openCart(user int) error {
	conn := s.pool.Get() // leaks
	if _, err := conn.Do("DEL", fmt.Sprint("cart:", user)); err != nil {
		conn.Close()
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.carts[user] = &cart{conn}
	return nil
}

// #endregion leak

func (s *shop) pay(user int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.carts[user]
	delete(s.carts, user)
	return c.conn.Close()
}

// #region lose

func (s *shop) showPage(name string) error {
	conn := s.pool.Get() // is lost
	found, err := redis.Bool(conn.Do("EXISTS", "page:"+name))
	if err == nil && !found {
		err = errors.New("no such page")
	}
	if err != nil {
		return err // without Close
	}
	return conn.Close()
}

// #endregion lose
