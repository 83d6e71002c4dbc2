package redispool_test

import (
	"net"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

// conn costs nothing. To the pool it is a wrapper, whose methods may do anything, also panic.
type conn struct{}

func (conn) Close() error                   { return nil }
func (conn) Err() error                     { return nil }
func (conn) Do(string, ...any) (any, error) { return nil, nil }
func (conn) Send(string, ...any) error      { return nil }
func (conn) Flush() error                   { return nil }
func (conn) Receive() (any, error)          { return nil, nil }

// socket answers each command at once.
type socket struct{ net.Conn }

func (socket) Write(p []byte) (int, error)      { return len(p), nil }
func (socket) Read(p []byte) (int, error)       { return copy(p, "+OK\r\n"), nil }
func (socket) SetReadDeadline(time.Time) error  { return nil }
func (socket) SetWriteDeadline(time.Time) error { return nil }
func (socket) Close() error                     { return nil }

func dial() (redis.Conn, error)       { return conn{}, nil }
func dialRedigo() (redis.Conn, error) { return redis.NewConn(socket{}, 0, 0), nil }

func each(b *testing.B, run func(b *testing.B, p *redispool.Pool)) {
	for _, name := range []string{"bare", "timeouts", "redigo"} {
		b.Run(name, func(b *testing.B) {
			p := &redispool.Pool{MaxIdle: 8, Dial: dial}
			switch name {
			case "timeouts":
				p.IdleTimeout, p.MaxConnLifetime = time.Minute, time.Hour
			case "redigo":
				p.Dial = dialRedigo
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
