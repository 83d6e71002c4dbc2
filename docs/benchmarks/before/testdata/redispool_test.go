package redispool_test

import (
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

// conn costs nothing.
type conn struct{}

func (conn) Close() error                   { return nil }
func (conn) Err() error                     { return nil }
func (conn) Do(string, ...any) (any, error) { return nil, nil }
func (conn) Send(string, ...any) error      { return nil }
func (conn) Flush() error                   { return nil }
func (conn) Receive() (any, error)          { return nil, nil }

func dial() (redis.Conn, error) { return conn{}, nil }

func each(b *testing.B, run func(b *testing.B, p *redispool.Pool)) {
	for _, name := range []string{"bare", "timeouts"} {
		b.Run(name, func(b *testing.B) {
			p := &redispool.Pool{MaxIdle: 8, Dial: dial}
			if name == "timeouts" {
				p.IdleTimeout, p.MaxConnLifetime = time.Minute, time.Hour
			}
			defer p.Close()
			b.ReportAllocs()
			run(b, p)
		})
	}
}

// BenchmarkGetClose is one goroutine.
func BenchmarkGetClose(b *testing.B) {
	each(b, func(b *testing.B, p *redispool.Pool) {
		for b.Loop() {
			p.Get().Close()
		}
	})
}

// BenchmarkGetDoClose also sends a command.
func BenchmarkGetDoClose(b *testing.B) {
	each(b, func(b *testing.B, p *redispool.Pool) {
		for b.Loop() {
			c := p.Get()
			c.Do("GET", "key")
			c.Close()
		}
	})
}

// BenchmarkGetCloseParallel has four goroutines on each processor.
func BenchmarkGetCloseParallel(b *testing.B) {
	each(b, func(b *testing.B, p *redispool.Pool) {
		b.SetParallelism(4)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				p.Get().Close()
			}
		})
	})
}
