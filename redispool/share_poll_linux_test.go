package redispool

import (
	"context"
	"errors"
	"net"
	"syscall"
	"testing"

	"github.com/gomodule/redigo/redis"
)

// TestPollKeepsTheError: when the server resets a connection, a caller that polls gets the same error as one that does not.
// The kernel reports a reset once, and the poll is the first to see it.
func TestPollKeepsTheError(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		for _, polls := range []bool{false, true} {
			mine, server := connected(t, network)
			p := &Pool{MaxIdle: 2, Share: 1, Dial: func() (redis.Conn, error) { return redis.NewConn(mine, 0, 0), nil }}
			lent, _, err := p.get().borrow(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			w := (*wire)(lent)
			if err := errors.Join(w.Send("PING", nil), w.Flush()); err != nil {
				t.Fatal(err)
			}
			resetConn(server)
			if polls {
				awaitArrival(t, w)
			}
			_, err = w.Receive(false)
			if wrapped := (*net.OpError)(nil); !errors.Is(err, syscall.ECONNRESET) || !errors.As(err, &wrapped) {
				t.Errorf("%s, polls %v: %v", network, polls, err)
			}
			closeLeased(lent.lease)
			p.Close()
		}
	}
}

// resetConn closes a connection in such a way that the other side gets a reset. On a Unix socket the unread command does so.
func resetConn(c net.Conn) {
	if tcp, isTCP := c.(*net.TCPConn); isTCP {
		tcp.SetLinger(0)
	}
	c.Close()
}
