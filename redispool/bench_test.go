package redispool_test

import (
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/redistest"
)

// benchConn costs nothing.
type benchConn struct{}

func (benchConn) Close() error                   { return nil }
func (benchConn) Err() error                     { return nil }
func (benchConn) Do(string, ...any) (any, error) { return nil, nil }
func (benchConn) Send(string, ...any) error      { return nil }
func (benchConn) Flush() error                   { return nil }
func (benchConn) Receive() (any, error)          { return nil, nil }

// bench runs f on redigo's pool and on ours, with and without the two timeouts.
func bench(b *testing.B, dial func() (redis.Conn, error), f func(*testing.B, pooler)) {
	for _, kind := range []struct {
		name string
		fields
	}{
		{"bare", fields{MaxIdle: 8}},
		{"timeouts", fields{MaxIdle: 8, IdleTimeout: time.Minute, MaxConnLifetime: time.Hour}},
	} {
		kind.Dial = dial
		for _, pool := range []struct {
			name string
			make maker
		}{{"redigo", newRedigo}, {"redispool", newOurs}} {
			b.Run(kind.name+"/"+pool.name, func(b *testing.B) {
				p := pool.make(kind.fields)
				defer p.Close()
				b.ReportAllocs()
				f(b, p)
			})
		}
	}
}

func getClose(b *testing.B, p pooler) {
	for b.Loop() {
		p.Get().Close()
	}
}

// BenchmarkGetClose measures the cost of the pool alone.
func BenchmarkGetClose(b *testing.B) {
	bench(b, func() (redis.Conn, error) { return benchConn{}, nil }, getClose)
}

// BenchmarkGetCloseParallel runs several goroutines on each processor.
func BenchmarkGetCloseParallel(b *testing.B) {
	bench(b, func() (redis.Conn, error) { return benchConn{}, nil }, func(b *testing.B, p pooler) {
		b.SetParallelism(4)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				p.Get().Close()
			}
		})
	})
}

// BenchmarkGetCloseRedigoConn uses redigo's own connection, which has its own lock.
func BenchmarkGetCloseRedigoConn(b *testing.B) {
	bench(b, dialMini(b), getClose)
}

// BenchmarkGetPingClose measures a whole cycle with a command to an embedded Redis.
func BenchmarkGetPingClose(b *testing.B) {
	bench(b, dialMini(b), func(b *testing.B, p pooler) {
		for b.Loop() {
			c := p.Get()
			if _, err := c.Do("PING"); err != nil {
				b.Fatal(err)
			}
			c.Close()
		}
	})
}

func dialMini(b *testing.B) func() (redis.Conn, error) {
	addr := redistest.Mini(b).Addr()
	return func() (redis.Conn, error) { return redis.Dial("tcp", addr) }
}
