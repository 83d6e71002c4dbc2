package main

import (
	"context"
	"time"

	"github.com/gomodule/redigo/redis"
	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/rueidis"

	"github.com/respool/respool/redispool"
)

// The clients.
const (
	redigo    = "redigo"
	unshared  = "redispool"
	shared    = "redispool, Share 2"
	sleeping  = "Share 2, no polling"
	goRedis   = "go-redis"
	pipelined = "go-redis, AutoPipeline"
	rueidisN  = "rueidis"
)

// client is a client in use.
type client struct {
	get   func(key string) error
	block func(key string, timeout time.Duration) error // BLPOP
	close func()
}

// share is the number of shared connections.
const share = 2

// pool is what redigo's pool and this module's have in common.
type pool interface {
	Get() redis.Conn
	Close() error
}

func open(name, addr string, conns int) (*client, error) {
	dial := func() (redis.Conn, error) { return redis.Dial("tcp", addr) }
	switch name {
	case redigo:
		return ofPool(&redis.Pool{MaxIdle: conns, MaxActive: conns, Wait: true, Dial: dial}), nil
	case unshared:
		return ofPool(&redispool.Pool{MaxIdle: conns, MaxActive: conns, Wait: true, Dial: dial}), nil
	case shared:
		return ofPool(&redispool.Pool{MaxIdle: conns, MaxActive: conns, Wait: true, Dial: dial, Share: share}), nil
	case sleeping:
		return ofPool(&redispool.Pool{MaxIdle: conns, MaxActive: conns, Wait: true, Dial: dial, Share: share, ShareBusyPoll: -1}), nil
	case goRedis, pipelined:
		return ofGoRedis(name, addr, conns)
	}
	return ofRueidis(addr, conns)
}

func ofPool(p pool) *client {
	do := func(cmd string, args ...any) error {
		c := p.Get()
		defer c.Close()
		_, err := c.Do(cmd, args...)
		return err
	}
	return &client{
		get:   func(key string) error { return do("GET", key) },
		block: func(key string, timeout time.Duration) error { return do("BLPOP", key, timeout.Seconds()) },
		close: func() { p.Close() },
	}
}

func ofGoRedis(name, addr string, conns int) (*client, error) {
	ctx := context.Background()
	c := goredis.NewClient(&goredis.Options{
		Addr: addr, Protocol: 2, PoolSize: conns, MaxActiveConns: conns, PoolTimeout: time.Minute, DisableIdentity: true,
	})
	get := func(key string) error { return c.Get(ctx, key).Err() }
	if name == pipelined {
		a, err := c.AutoPipeline()
		if err != nil {
			return nil, err
		}
		get = func(key string) error { return a.Do(ctx, "get", key).Err() }
	}
	return &client{
		get: get,
		block: func(key string, timeout time.Duration) error {
			err := c.Do(ctx, "blpop", key, timeout.Seconds()).Err()
			if err == goredis.Nil {
				return nil
			}
			return err
		},
		close: func() { c.Close() },
	}, nil
}

func ofRueidis(addr string, conns int) (*client, error) {
	ctx := context.Background()
	c, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{addr}, DisableCache: true, BlockingPoolSize: conns})
	if err != nil {
		return nil, err
	}
	return &client{
		get: func(key string) error { return c.Do(ctx, c.B().Get().Key(key).Build()).Error() },
		block: func(key string, timeout time.Duration) error {
			err := c.Do(ctx, c.B().Blpop().Key(key).Timeout(timeout.Seconds()).Build()).Error()
			if rueidis.IsRedisNil(err) {
				return nil
			}
			return err
		},
		close: c.Close,
	}, nil
}
