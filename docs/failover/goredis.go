package main

import (
	"context"
	"errors"

	goredis "github.com/redis/go-redis/v9"
)

// goRedisClient is go-redis, whose default settings for retries stay.
type goRedisClient struct {
	c interface {
		goredis.Cmdable
		Close() error
		PoolStats() *goredis.PoolStats
	}
}

func (c goRedisClient) set(ctx context.Context, key, value string) (string, error) {
	return c.c.Set(ctx, key, value, 0).Result()
}

func (c goRedisClient) get(ctx context.Context, key string) (string, error) {
	value, err := c.c.Get(ctx, key).Result()
	if errors.Is(err, goredis.Nil) {
		return "", nil
	}
	return value, err
}

func (c goRedisClient) counts() counts {
	st := c.c.PoolStats()
	return counts{open: int(st.TotalConns), leased: int(st.TotalConns) - int(st.IdleConns), waiting: int(st.PendingRequests)}
}

func (c goRedisClient) close() { c.c.Close() }

func goRedisContender() contender {
	return contender{
		name: "go-redis",
		alone: func(addr string, size int, d *dialer) (client, error) {
			return goRedisClient{goredis.NewClient(&goredis.Options{
				Addr: addr, Dialer: d.DialContext, PoolSize: size, ContextTimeoutEnabled: true,
				DialTimeout: timeout, ReadTimeout: timeout, WriteTimeout: timeout,
			})}, nil
		},
		sentinel: func(addrs []string, size int, d *dialer) (client, error) {
			return goRedisClient{goredis.NewFailoverClient(&goredis.FailoverOptions{
				MasterName: masterName, SentinelAddrs: addrs, Dialer: d.DialContext, PoolSize: size, ContextTimeoutEnabled: true,
				DialTimeout: timeout, ReadTimeout: timeout, WriteTimeout: timeout,
			})}, nil
		},
		cluster: func(addrs []string, size int, d *dialer) (client, error) {
			return goRedisClient{goredis.NewClusterClient(&goredis.ClusterOptions{
				Addrs: addrs, Dialer: d.DialContext, PoolSize: size, ContextTimeoutEnabled: true,
				DialTimeout: timeout, ReadTimeout: timeout, WriteTimeout: timeout,
			})}, nil
		},
	}
}
