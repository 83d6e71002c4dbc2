package main

import (
	"context"
	"crypto/tls"
	"net"

	"github.com/redis/rueidis"
)

// rueidisClient is rueidis, which sends the commands of all callers over a few
// connections. It does not count them.
type rueidisClient struct{ c rueidis.Client }

func (c rueidisClient) set(ctx context.Context, key, value string) (string, error) {
	return c.c.Do(ctx, c.c.B().Set().Key(key).Value(value).Build()).ToString()
}

func (c rueidisClient) get(ctx context.Context, key string) (string, error) {
	value, err := c.c.Do(ctx, c.c.B().Get().Key(key).Build()).ToString()
	if rueidis.IsRedisNil(err) {
		return "", nil
	}
	return value, err
}

func (c rueidisClient) counts() counts { return counts{unknown, unknown, unknown} }

func (c rueidisClient) close() { c.c.Close() }

func newRueidis(o rueidis.ClientOption, d *dialer) (client, error) {
	o.DialCtxFn = func(ctx context.Context, addr string, _ *net.Dialer, _ *tls.Config) (net.Conn, error) {
		return d.DialContext(ctx, "tcp", addr)
	}
	o.Dialer.Timeout = timeout
	o.ConnWriteTimeout = timeout
	c, err := rueidis.NewClient(o)
	if err != nil {
		return nil, err
	}
	return rueidisClient{c}, nil
}

func rueidisContender() contender {
	return contender{
		name: "rueidis",
		alone: func(addr string, _ int, d *dialer) (client, error) {
			return newRueidis(rueidis.ClientOption{InitAddress: []string{addr}, ForceSingleClient: true}, d)
		},
		sentinel: func(addrs []string, _ int, d *dialer) (client, error) {
			return newRueidis(rueidis.ClientOption{InitAddress: addrs, Sentinel: rueidis.SentinelOption{MasterSet: masterName}}, d)
		},
		cluster: func(addrs []string, _ int, d *dialer) (client, error) {
			return newRueidis(rueidis.ClientOption{InitAddress: addrs}, d)
		},
	}
}
