package versus

import (
	"context"

	"github.com/gomodule/redigo/redis"
	"github.com/jackc/puddle/v2"

	"github.com/respool/respool/redispool"
)

// contender is a pool of redigo's connections.
type contender interface {
	// use calls f with a connection between taking it and giving it back.
	use(ctx context.Context, f func(redis.Conn) error) error
	close()
}

type dialFunc func(ctx context.Context) (redis.Conn, error)

// entry is a contender's name and how to make one.
type entry struct {
	name string
	make func(size int, dial dialFunc) (contender, error)
}

// Pools is how many pools are compared.
const Pools = 3

func entries() [Pools]entry {
	return [Pools]entry{{"redispool", newRedispool}, {"redigo", newRedigo}, {"puddle", newPuddle}}
}

func newRedispool(size int, dial dialFunc) (contender, error) {
	return likeRedigo{&redispool.Pool{DialContext: dial, MaxIdle: size, MaxActive: size, Wait: true}}, nil
}

func newRedigo(size int, dial dialFunc) (contender, error) {
	return likeRedigo{&redis.Pool{DialContext: dial, MaxIdle: size, MaxActive: size, Wait: true}}, nil
}

// likeRedigo is redigo's pool, and any with its methods.
type likeRedigo struct {
	pool interface {
		GetContext(context.Context) (redis.Conn, error)
		Close() error
	}
}

func (p likeRedigo) use(ctx context.Context, f func(redis.Conn) error) error {
	c, err := p.pool.GetContext(ctx)
	if err != nil {
		return err
	}
	err = f(c)
	c.Close()
	return err
}

func (p likeRedigo) close() { p.pool.Close() }

type puddlePool struct{ pool *puddle.Pool[redis.Conn] }

func newPuddle(size int, dial dialFunc) (contender, error) {
	p, err := puddle.NewPool(&puddle.Config[redis.Conn]{
		Constructor: puddle.Constructor[redis.Conn](dial),
		Destructor:  func(c redis.Conn) { c.Close() },
		MaxSize:     int32(size),
	})
	return puddlePool{p}, err
}

func (p puddlePool) use(ctx context.Context, f func(redis.Conn) error) error {
	r, err := p.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	if err = f(r.Value()); r.Value().Err() != nil {
		r.Destroy()
	} else {
		r.Release()
	}
	return err
}

func (p puddlePool) close() { p.pool.Close() }
