package redispool

import (
	"context"

	"github.com/gomodule/redigo/redis"
)

// Redigo returns a pool of redigo's own type in front of p, for libraries that
// take only that. Its Get borrows from p, and its connections' Close gives back
// to p; limits, timeouts, tests and waiting are those of p.
//
// It is a thin shell, with these limits: its Stats, ActiveCount and IdleCount
// know only what was borrowed through it, never anything idle; its Close does
// not close p; and an error of p reaches its user as the error of a dial.
func (p *Pool) Redigo() *redis.Pool {
	return &redis.Pool{
		DialContext: func(ctx context.Context) (redis.Conn, error) { return p.GetContext(ctx) },
	}
}
