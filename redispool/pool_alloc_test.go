package redispool_test

import (
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

// TestAllocations checks that a cycle of the pool allocates nothing, since handles are made in batches. An ordinary command
// must not allocate more than the connection itself does.
func TestAllocations(t *testing.T) {
	one := hidden(redis.Conn(quietConn{}))
	for name, f := range map[string]fields{
		"plain": {},
		"all":   {MaxActive: 1, Wait: true, IdleTimeout: time.Hour, MaxConnLifetime: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			f.MaxIdle, f.Dial = 1, func() (redis.Conn, error) { return one, nil }
			p := newOurs(f, func(p *redispool.Pool) { p.Database = new(int) })
			defer p.Close()
			put(t, get(t, p))
			bare := testing.AllocsPerRun(1000, func() { one.Do("GET", "key") })
			for what, c := range map[string]struct {
				use  func(redis.Conn)
				want float64
			}{
				"nothing": {func(redis.Conn) {}, 0},
				"GET":     {func(c redis.Conn) { c.Do("GET", "key") }, bare},
				"SELECT":  {func(c redis.Conn) { c.Do("SELECT", "0") }, bare},
			} {
				got := testing.AllocsPerRun(1000, func() {
					conn := p.Get()
					c.use(conn)
					conn.Close()
				})
				if got > c.want {
					t.Errorf("%s: %v allocations, want at most %v", what, got, c.want)
				}
			}
		})
	}
}

// hidden hides the connection's type from the compiler, as a pool does. Arguments then escape to the heap.
//
//go:noinline
func hidden(c redis.Conn) redis.Conn { return c }

// quietConn is a connection that allocates nothing.
type quietConn struct{}

func (quietConn) Close() error                   { return nil }
func (quietConn) Err() error                     { return nil }
func (quietConn) Do(string, ...any) (any, error) { return "OK", nil }
func (quietConn) Send(string, ...any) error      { return nil }
func (quietConn) Flush() error                   { return nil }
func (quietConn) Receive() (any, error)          { return "OK", nil }
