package resource_test

import (
	"context"
	"fmt"
	"log"
	"net"

	"github.com/respool/respool/resource"
)

// #region bytes
// counted counts the bytes that its holders have sent over a connection. Only one holder has
// the connection at a time, so the count needs no lock.
type counted struct {
	net.Conn
	sent int
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.sent += n
	return n, err
}

// giveBack ends a lease of a connection that is still good. It closes a connection that has
// carried a megabyte.
func giveBack(lease resource.Lease[*counted]) {
	if lease.Value().sent >= 1<<20 {
		lease.DiscardSound()
	} else {
		lease.Release()
	}
}

// #endregion bytes

// No policy sees what passes over a connection. So the holder decides whether it goes back.
func ExampleLease_DiscardSound() {
	pool, err := resource.New(resource.Config[*counted]{
		Open: func(context.Context) (*counted, error) {
			return &counted{Conn: sink{}}, nil
		},
		Close:     func(c *counted) error { return c.Close() },
		MaxActive: 1,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	for range 10 {
		lease, err := pool.Acquire(context.Background())
		if err != nil {
			log.Fatal(err)
		}
		if _, err := lease.Value().Write(make([]byte, 400_000)); err != nil {
			lease.Discard()
			continue
		}
		giveBack(lease)
	}
	fmt.Println("connections:", pool.Stats().Opened)
	// Output:
	// connections: 4
}

// sink is a connection that swallows what is written.
type sink struct{ net.Conn }

func (sink) Write(p []byte) (int, error) { return len(p), nil }
func (sink) Close() error                { return nil }
