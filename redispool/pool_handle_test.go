package redispool

import (
	"testing"
	"unsafe"

	"github.com/gomodule/redigo/redis"
)

// TestHandleSize checks that a handle has at most the size that the documentation and the benchmarks assume.
func TestHandleSize(t *testing.T) {
	if n := unsafe.Sizeof(conn{}); n > 24 {
		t.Errorf("a handle has %d bytes, want at most 24", n)
	}
}

// TestCallMeetsClose begins a call at the moment when a concurrent Close has discarded the connection.
func TestCallMeetsClose(t *testing.T) {
	p := &Pool{Dial: func() (redis.Conn, error) { return errorConn{}, nil }}
	c := p.Get().(*conn)
	c.lease.Discard()
	if _, err := c.Do("PING"); err != errConnClosed {
		t.Errorf("Do: %v", err)
	}
	if n := c.use.Load(); n != 0 {
		t.Errorf("%d calls under way", n)
	}
}
