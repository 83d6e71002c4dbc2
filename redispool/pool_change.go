package redispool

import "github.com/gomodule/redigo/redis"

// Reset replaces all connections: idle connections are closed before Reset returns,
// those in use when they are returned. redigo has no such method.
func (p *Pool) Reset() {
	if l := p.live.Load(); l != nil && l.pool != nil {
		l.pool.Reset()
		l.refresh()
	}
}

// Retire replaces the connections for which match returns true: idle connections are
// closed before Retire returns, those in use when they are returned. The argument of match
// is a connection as Dial returned it. Others may use it at the same time, so match must
// not send on it. Use Retire when a part of the connections is out of date: those to an
// address that is no longer the master's, for example. For the rest see
// [resource.Pool.Retire]. Retire panics if match is nil. redigo has no such method.
func (p *Pool) Retire(match func(c redis.Conn) bool) {
	if match == nil {
		panic("redispool: nil function")
	}
	if l := p.live.Load(); l != nil && l.pool != nil {
		l.pool.Retire(func(pc *pooled) bool { return match(pc.c) })
		l.refresh()
	}
}

// Resize changes MaxActive and MaxIdle of a pool in use; zero or less means the same
// as in the fields. It returns an error if a field of the pool is invalid. After Close it
// does nothing. redigo has no such method.
func (p *Pool) Resize(maxActive, maxIdle int) error {
	l := p.get()
	if l.err != nil {
		return l.err
	}
	err := l.pool.Resize(max(maxActive, 0), idleLimit(maxIdle))
	if err == nil && l.sharing != nil {
		l.sharing.resized(maxActive)
	}
	return err
}
