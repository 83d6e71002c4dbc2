package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
)

// conn is a connection to the server of a tenant.
type conn struct {
	*net.TCPConn
	in *bufio.Reader
}

// #region pool
type tenantPool = resource.Keyed[string, *conn]

func newPool(servers map[string]*server) (*tenantPool, error) {
	return resource.NewKeyed(resource.KeyedConfig[string, *conn]{
		MaxActive: 4, // of all tenants
		Config: func(tenant string) (resource.Config[*conn], error) {
			s, ok := servers[tenant]
			if !ok {
				return resource.Config[*conn]{}, errors.New("no such tenant")
			}
			return resource.Config[*conn]{
				Open:        func(ctx context.Context) (*conn, error) { return dial(ctx, s.addr()) },
				Close:       (*conn).Close,
				MaxActive:   2, // of this tenant
				WaitTimeout: 5 * time.Second,
				Eviction:    policy.IdleTimeout(time.Minute),
			}, nil
		},
	})
}

// #endregion pool

func dial(ctx context.Context, addr string) (*conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	// From here on the server is known to count the connection.
	tcp := &conn{c.(*net.TCPConn), bufio.NewReader(c)}
	if err := ask(ctx, tcp); err != nil {
		c.Close()
		return nil, err
	}
	return tcp, nil
}

// #region close

// Close says goodbye and waits until the server has hung up. Until
// then the connection counts at the server, so it counts in the pool.
func (c *conn) Close() error {
	c.SetDeadline(time.Now().Add(2 * time.Second)) // a close must not hang
	if err := c.CloseWrite(); err != nil {
		return err
	}
	io.Copy(io.Discard, c.in)
	return c.TCPConn.Close()
}

// #endregion close

// #region use
func ask(_ context.Context, c *conn) error {
	c.SetDeadline(time.Now().Add(2 * time.Second))
	if _, err := fmt.Fprintln(c, "who are you?"); err != nil {
		return resource.Broken(err)
	}
	if _, err := c.in.ReadString('\n'); err != nil {
		return resource.Broken(err)
	}
	return nil
}

// #endregion use
