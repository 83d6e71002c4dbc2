package live

import (
	"context"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/respool/respool/sim"
)

// proxy stands between the pool and a server, and passes nothing on while it stalls. The
// kernel accepts connections even while the proxy stalls. So the proxy greets a new
// connection with a byte, and a dial waits for that byte, as it would wait for a server's
// handshake.
type proxy struct {
	*acceptor
	server string
	clock  *clock
	stalls []sim.Interval
}

const greeting = "+"

func newProxy(server string, c *clock, stalls []sim.Interval) (*proxy, error) {
	a, err := newAcceptor()
	if err != nil {
		return nil, err
	}
	x := &proxy{acceptor: a, server: server, clock: c, stalls: slices.Clone(stalls)}
	slices.SortFunc(x.stalls, func(a, b sim.Interval) int { return int(min(max(a.At-b.At, -1), 1)) })
	go x.accept(x.serve)
	return x, nil
}

func (x *proxy) serve(client net.Conn) {
	x.pass()
	server, err := net.Dial("tcp", x.server)
	if err != nil {
		return
	}
	defer x.drop(server)
	if !x.keep(server) {
		return
	}
	if _, err := io.WriteString(client, greeting); err != nil {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { x.copy(server, client) })
	both.Go(func() { x.copy(client, server) })
	both.Wait()
}

// copy passes on what comes, and then the end. The server sees what a client has sent
// even if the client is gone by then.
func (x *proxy) copy(to, from net.Conn) {
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		x.pass()
		if n > 0 {
			// An error shows at the next read.
			_, _ = to.Write(buf[:n])
		}
		if err != nil {
			to.(*net.TCPConn).CloseWrite()
			return
		}
	}
}

// pass returns when the proxy does not stall.
func (x *proxy) pass() {
	for _, s := range x.stalls {
		now, until := x.clock.now(), time.Duration(s.At+s.For)
		if time.Duration(s.At) <= now && now < until {
			x.clock.sleep(until)
		}
	}
}

// awaitGreeting reads the proxy's greeting, until the context's deadline.
func awaitGreeting(ctx context.Context, c net.Conn) error {
	if deadline, ok := ctx.Deadline(); ok {
		if err := c.SetReadDeadline(deadline); err != nil {
			return err
		}
	}
	if _, err := io.ReadFull(c, make([]byte, len(greeting))); err != nil {
		return err
	}
	return c.SetReadDeadline(time.Time{})
}
