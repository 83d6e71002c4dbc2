package redispool

import (
	"context"
	"crypto/tls"
	"net"
	"reflect"
	"sync"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/resource/alive"
)

// TestAlive returns a test for [Pool.TestOnBorrowContext] that costs no round trip. It
// asks the kernel whether the server has closed the connection, and whether there are
// unread bytes, as package [alive] describes. So each Get after a restart of the server
// finds the connections that the server closed, at the cost of one system call.
//
// It cannot see a server that has vanished without closing, nor one that hangs. So a
// connection that was returned pingAfter ago or earlier is also tested as [TestPing]
// does. Zero or less: no connection is tested in this way, and a connection that
// TestAlive cannot check passes.
//
// It can check connections that DialContext dials with the option [DialSocket] and with
// the context that it was given. Under TLS it ignores unread bytes, and only on Linux
// sees a close behind them. On systems other than Linux, macOS and the BSDs, and in
// redigo's own pool, it sees nothing. The test is safe for concurrent use.
func TestAlive(pingAfter time.Duration) func(ctx context.Context, c redis.Conn, lastUsed time.Time) error {
	ping := TestPing(0)
	return func(ctx context.Context, c redis.Conn, lastUsed time.Time) error {
		if p, ok := c.(interface{ checkSocket() error }); ok {
			if err := p.checkSocket(); err != nil {
				return err
			}
		}
		if pingAfter > 0 && time.Since(lastUsed) >= pingAfter {
			return ping(ctx, c, lastUsed)
		}
		return nil
	}
}

// checkSocket looks at the socket. It sends nothing, so it does not count as a use of
// the connection.
func (p *probe) checkSocket() error {
	switch {
	case p.state.Load()&probing == 0:
		return errTestOver
	case p.pc.socket == nil:
		return nil
	}
	return p.pc.socket.Check()
}

// DialSocket is redigo's option DialContextFunc, and lets the pool remember the socket
// for [TestAlive]:
//
//	DialContext: func(ctx context.Context) (redis.Conn, error) {
//		return redis.DialContext(ctx, "tcp", addr, redis.DialSocket(nil))
//	},
//	TestOnBorrowContext: redis.TestAlive(time.Minute),
//
// dial makes the connection to the server. Nil: a net.Dialer with redigo's defaults, a
// timeout of 30 s and keep-alives every 5 minutes. The option affects nothing else. It
// has no effect at all in two cases: ctx is not derived from the one that the pool passed
// to DialContext, or dial returns a connection that is not a pointer. As DialContextFunc
// does, it overrides DialConnectTimeout and DialKeepAlive.
func DialSocket(dial func(ctx context.Context, network, addr string) (net.Conn, error)) DialOption {
	if dial == nil {
		dial = (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 5 * time.Minute}).DialContext
	}
	return redis.DialContextFunc(func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dial(ctx, network, addr)
		if dialed, ok := ctx.Value(dialedKey{}).(*dialed); ok && err == nil {
			dialed.add(c)
		}
		return c, err
	})
}

// dialed has the network connections that one call of DialContext has made. There may be
// several, from several goroutines: a Sentinel tries one server after another.
type dialed struct {
	mu    sync.Mutex
	conns []net.Conn
}

type dialedKey struct{}

func (d *dialed) add(c net.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.conns = append(d.conns, c)
}

// socketIn returns the socket of redigo's connection in c. It is nil if none of the
// network connections is the one below c. redigo has no method that returns that one, so
// they are compared by reflection.
func (d *dialed) socketIn(c redis.Conn) *alive.Socket {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.conns) == 0 {
		return nil
	}
	layer, encrypted := netConnIn(redigoIn(reflect.ValueOf(c), 5)), false
	for range 5 {
		if !layer.IsValid() || layer.Kind() != reflect.Pointer {
			return nil
		}
		for _, c := range d.conns {
			if v := reflect.ValueOf(c); v.Type() != layer.Type() || v.Pointer() != layer.Pointer() {
				continue
			}
			if encrypted {
				return alive.UnderTLS(c)
			}
			return alive.New(c)
		}
		encrypted = encrypted || layer.Type() == reflect.TypeFor[*tls.Conn]()
		layer = netConnIn(layer)
	}
	return nil
}

// netConnIn returns the network connection in the field conn, as redigo's connection
// and tls.Conn have it. The result is not valid if v has no such field.
func netConnIn(v reflect.Value) reflect.Value {
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return reflect.Value{}
	}
	field := v.Elem().FieldByName("conn")
	if !field.IsValid() || field.Kind() != reflect.Interface {
		return reflect.Value{}
	}
	return field.Elem()
}
