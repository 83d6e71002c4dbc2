package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
	"github.com/jackc/puddle/v2"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/redispool"
	"github.com/respool/respool/resource"
)

// fake is the resource of all contenders. It costs nothing.
type fake struct{ _ int }

func (*fake) Close() error                   { return nil }
func (*fake) Err() error                     { return nil }
func (*fake) Do(string, ...any) (any, error) { return nil, nil }
func (*fake) Send(string, ...any) error      { return nil }
func (*fake) Flush() error                   { return nil }
func (*fake) Receive() (any, error)          { return nil, nil }

// database/sql asks for these of a connection; nothing calls them here.
func (*fake) Begin() (driver.Tx, error)           { return nil, errors.ErrUnsupported }
func (*fake) Prepare(string) (driver.Stmt, error) { return nil, errors.ErrUnsupported }

// shape is how a pool is set up.
type shape struct {
	places  int
	timed   bool // IdleTimeout and MaxConnLifetime
	none    bool // nothing is kept
	test    bool // a borrow test that does nothing
	idiom   bool // the test of redigo's documentation, which looks when the connection was last used
	gate    bool // that test, with the field that redispool has for it
	timeout time.Duration
}

const (
	idleTimeout = time.Minute
	lifetime    = time.Hour
)

func (s shape) idleTimeout() time.Duration {
	if s.timeout > 0 {
		return s.timeout
	}
	return idleTimeout
}

// taker takes a resource and gives it back, again and again. The loop is each
// contender's own, so that nothing is called indirectly.
type taker interface {
	serial(b *testing.B)
	// parallel is one goroutine's part. With hold it gives up the processor while
	// it has the resource.
	parallel(b *testing.B, pb *testing.PB, ctx context.Context, hold bool)
	close()
}

// makers makes the contenders by name.
func makers() map[string]func(shape) taker {
	return map[string]func(shape) taker{
		ours:       func(s shape) taker { return &oursTaker{newOurs(s)} },
		plain:      func(s shape) taker { return &oursTaker{newPlain(s)} },
		measured:   func(s shape) taker { return &oursTaker{newWatched(s, nil, true)} },
		observed:   func(s shape) taker { return &oursTaker{newWatched(s, idleObserver{}, false)} },
		watched:    func(s shape) taker { return &oursTaker{newWatched(s, idleObserver{}, true)} },
		redisOurs:  func(s shape) taker { return &connTaker{newRedisOurs(s)} },
		redigo:     func(s shape) taker { return &connTaker{newRedigo(s)} },
		puddleName: func(s shape) taker { return &puddleTaker{newPuddle(s)} },
		sqlName:    func(s shape) taker { return &sqlTaker{newSQL(s)} },
		channel:    func(s shape) taker { return newChannel(s) },
		syncPool:   func(shape) taker { return &syncPoolTaker{sync.Pool{New: func() any { return new(fake) }}} },
		mutexes:    func(shape) taker { return new(mutexTaker) },
	}
}

const (
	ours       = "resource"
	plain      = "resource-without-lane"
	measured   = "resource-histograms"
	observed   = "resource-observer"
	watched    = "resource-both"
	redisOurs  = "redispool"
	redigo     = "redigo"
	puddleName = "puddle"
	sqlName    = "database-sql"
	channel    = "channel"
	syncPool   = "sync.Pool"
	mutexes    = "two-mutex-pairs"
	nothing    = "none"
	goRedis    = "go-redis"
)

func newOurs(s shape) *resource.Pool[*fake] { return mustNew(oursConfig(s)) }

func mustNew(c resource.Config[*fake]) *resource.Pool[*fake] {
	p, err := resource.New(c)
	if err != nil {
		panic(err)
	}
	return p
}

func oursConfig(s shape) resource.Config[*fake] {
	c := resource.Config[*fake]{
		Open:      func(context.Context) (*fake, error) { return new(fake), nil },
		Close:     (*fake).Close,
		MaxActive: s.places,
	}
	if s.timed || s.timeout > 0 {
		c.Eviction, c.Lifetime = policy.IdleTimeout(s.idleTimeout()), policy.MaxAge(lifetime)
	}
	if s.none {
		c.MaxIdle = resource.KeepNone
	}
	if s.test {
		c.BorrowTest = policy.Test(func(context.Context, *fake, time.Time) error { return nil })
	}
	return c
}

// newPlain is our pool under FIFO, for which there is no lane.
func newPlain(s shape) *resource.Pool[*fake] {
	c := oursConfig(s)
	c.Order = policy.FIFO
	return mustNew(c)
}

// newWatched is our pool with an observer, histograms, or both.
func newWatched(s shape, o resource.Observer, histograms bool) *resource.Pool[*fake] {
	c := oursConfig(s)
	c.Observer, c.Histograms = o, histograms
	return mustNew(c)
}

// idleObserver does nothing, so all of what it costs is the pool's.
type idleObserver struct{}

func (idleObserver) Observe(resource.Event) {}

type oursTaker struct{ p *resource.Pool[*fake] }

func (t *oursTaker) close() { t.p.Close() }

func (t *oursTaker) serial(b *testing.B) {
	ctx := context.Background()
	for b.Loop() {
		l, err := t.p.Acquire(ctx)
		if err != nil {
			b.Fatal(err)
		}
		l.Release()
	}
}

func (t *oursTaker) parallel(b *testing.B, pb *testing.PB, ctx context.Context, hold bool) {
	for pb.Next() {
		l, err := t.p.Acquire(ctx)
		if err != nil {
			b.Error(err)
			return
		}
		if hold {
			runtime.Gosched()
		}
		l.Release()
	}
}

// connPool is redigo's pool or ours.
type connPool interface {
	Get() redis.Conn
	GetContext(context.Context) (redis.Conn, error)
	Stats() redis.PoolStats
	Close() error
}

func dialFake() (redis.Conn, error) { return new(fake), nil }

func newRedisOurs(s shape) *redispool.Pool {
	p := &redispool.Pool{Dial: dialFake, MaxIdle: s.places, MaxActive: s.places, Wait: true}
	if s.timed || s.timeout > 0 {
		p.IdleTimeout, p.MaxConnLifetime = s.idleTimeout(), lifetime
	}
	if s.none {
		p.MaxIdle = 0
	}
	if s.test {
		p.TestOnBorrow = func(redis.Conn, time.Time) error { return nil }
	}
	if s.idiom {
		p.TestOnBorrow = pingAfterAMinute
	}
	if s.gate {
		p.TestOnBorrow, p.TestIdleAfter = ping, time.Minute
	}
	return p
}

// pingAfterAMinute is the test of redigo's documentation.
func pingAfterAMinute(c redis.Conn, lastUsed time.Time) error {
	if time.Since(lastUsed) < time.Minute {
		return nil
	}
	return ping(c, lastUsed)
}

func ping(c redis.Conn, _ time.Time) error {
	_, err := c.Do("PING")
	return err
}

func newRedigo(s shape) *redis.Pool {
	p := &redis.Pool{Dial: dialFake, MaxIdle: s.places, MaxActive: s.places, Wait: true}
	if s.timed || s.timeout > 0 {
		p.IdleTimeout, p.MaxConnLifetime = s.idleTimeout(), lifetime
	}
	if s.none {
		p.MaxIdle = 0
	}
	if s.test {
		p.TestOnBorrow = func(redis.Conn, time.Time) error { return nil }
	}
	if s.idiom || s.gate { // redigo has no such field
		p.TestOnBorrow = pingAfterAMinute
	}
	return p
}

type connTaker struct{ p connPool }

func (t *connTaker) close() { t.p.Close() }

func (t *connTaker) serial(b *testing.B) {
	for b.Loop() {
		t.p.Get().Close()
	}
}

func (t *connTaker) parallel(b *testing.B, pb *testing.PB, ctx context.Context, hold bool) {
	for pb.Next() {
		c, err := t.p.GetContext(ctx)
		if err != nil {
			b.Error(err)
			return
		}
		if hold {
			runtime.Gosched()
		}
		c.Close()
	}
}

func newPuddle(s shape) *puddle.Pool[*fake] {
	p, err := puddle.NewPool(&puddle.Config[*fake]{
		Constructor: func(context.Context) (*fake, error) { return new(fake), nil },
		Destructor:  func(*fake) {},
		MaxSize:     int32(s.places),
	})
	if err != nil {
		panic(err)
	}
	return p
}

type puddleTaker struct{ p *puddle.Pool[*fake] }

func (t *puddleTaker) close() { t.p.Close() }

func (t *puddleTaker) serial(b *testing.B) {
	ctx := context.Background()
	for b.Loop() {
		r, err := t.p.Acquire(ctx)
		if err != nil {
			b.Fatal(err)
		}
		r.Release()
	}
}

func (t *puddleTaker) parallel(b *testing.B, pb *testing.PB, ctx context.Context, hold bool) {
	for pb.Next() {
		r, err := t.p.Acquire(ctx)
		if err != nil {
			b.Error(err)
			return
		}
		if hold {
			runtime.Gosched()
		}
		r.Release()
	}
}

// connector is a database driver that does nothing.
type connector struct{}

func (connector) Connect(context.Context) (driver.Conn, error) { return new(fake), nil }
func (connector) Driver() driver.Driver                        { return nil }

func newSQL(s shape) *sql.DB {
	db := sql.OpenDB(connector{})
	db.SetMaxOpenConns(s.places)
	db.SetMaxIdleConns(s.places)
	if s.timed || s.timeout > 0 {
		db.SetConnMaxIdleTime(s.idleTimeout())
		db.SetConnMaxLifetime(lifetime)
	}
	if s.none {
		db.SetMaxIdleConns(-1)
	}
	return db
}

type sqlTaker struct{ p *sql.DB }

func (t *sqlTaker) close() { t.p.Close() }

func (t *sqlTaker) serial(b *testing.B) {
	ctx := context.Background()
	for b.Loop() {
		c, err := t.p.Conn(ctx)
		if err != nil {
			b.Fatal(err)
		}
		c.Close()
	}
}

func (t *sqlTaker) parallel(b *testing.B, pb *testing.PB, ctx context.Context, hold bool) {
	for pb.Next() {
		c, err := t.p.Conn(ctx)
		if err != nil {
			b.Error(err)
			return
		}
		if hold {
			runtime.Gosched()
		}
		c.Close()
	}
}
