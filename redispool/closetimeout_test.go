package redispool_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

// hungConn is a connection whose Close hangs until free is closed.
type hungConn struct {
	redis.Conn
	free chan struct{}
}

func (c hungConn) Close() error {
	<-c.free
	return c.Conn.Close()
}

// TestCloseTimeout has a connection whose Close hangs hold up its borrower for CloseTimeout, and nobody after that.
func TestCloseTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s stubs
		free := make(chan struct{})
		p := &redispool.Pool{
			MaxActive: 1, Wait: true, CloseTimeout: time.Second, // and no idle connections
			Dial: func() (redis.Conn, error) {
				c, err := s.dial()
				return hungConn{c, free}, err
			},
		}
		begin := time.Now()
		get(t, p).Close()
		get(t, p).Close()
		if took := time.Since(begin); took != 2*time.Second {
			t.Errorf("two closes took %v", took)
		}
		if st := p.ResourceStats(); st.Active != 0 || st.ClosesAbandoned != 2 {
			t.Errorf("got %v", st)
		}
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		close(free)
		synctest.Wait()
		s.settle(t)
	})
}
