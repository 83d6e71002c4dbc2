package main

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync"
	"testing"
	"time"
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
