package redispool

import (
	"bytes"
	"fmt"
	"math"
	"net"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
)

// written is a connection that keeps what is written.
type written struct {
	net.Conn
	bytes.Buffer
}

func (w *written) Write(p []byte) (int, error)      { return w.Buffer.Write(p) }
func (w *written) Read(p []byte) (int, error)       { return w.Buffer.Read(p) }
func (w *written) SetWriteDeadline(time.Time) error { return nil }

type namedText string

// resolved is an argument that becomes another one.
type resolved struct{ to any }

func (r resolved) RedisArg() any  { return r.to }
func (r resolved) String() string { return fmt.Sprint("resolved ", r.to) }

// TestText compares the pool's reading of arguments with what redigo sends: the pool must know a name that a borrower sets.
func TestText(t *testing.T) {
	for _, arg := range []any{
		"name", "", []byte("name"), namedText("name"), 3, int64(-3), uint8(3), 1.5, 1e6, 1e21, 1e-7, float32(0.1), math.Inf(1), math.NaN(),
		true, false, nil, time.Second, []string{"a", "b"}, new(bytes.Buffer), (*bytes.Buffer)(nil),
		resolved{"name"}, resolved{[]byte("name")}, resolved{true}, resolved{nil}, resolved{7}, resolved{resolved{"deep"}},
	} {
		var w written
		c := redis.NewConn(&w, 0, 0)
		if err := c.Send("X", arg); err != nil {
			t.Fatal(err)
		}
		c.Flush()
		got := text([]any{arg}, 0)
		if want := fmt.Sprintf("*2\r\n$1\r\nX\r\n$%d\r\n%s\r\n", len(got), got); w.String() != want {
			t.Errorf("%T %v is read as %q, but redigo sends %q", arg, arg, got, w.String())
		}
	}
}
