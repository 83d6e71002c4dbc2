package live

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/respool/respool/sim"
)

// proxy stands between the pool and a server. It passes nothing on while it stalls, ends all
// connections when the server restarts, and refuses those above a maximum. The kernel accepts
// connections even while the proxy stalls. So the proxy greets a new connection with a byte,
// and a dial waits for that byte, as it would wait for a server's handshake.
type proxy struct {
	*acceptor
	server string
	clock  *clock
	stalls []sim.Interval

	limits struct {
		sync.Mutex
		clients map[net.Conn]bool // that the server has
		max     int               // zero: no maximum
		down    int               // outages
		peak    int               // most at a time
		refused uint64            // above the maximum
	}
}

const (
	greeting = '+'
	refusal  = '-'
)

func newProxy(server string, c *clock, w *sim.World) (*proxy, error) {
	a, err := newAcceptor()
	if err != nil {
		return nil, err
	}
	x := &proxy{acceptor: a, server: server, clock: c, stalls: slices.Clone(w.Stalls)}
	x.limits.clients, x.limits.max = map[net.Conn]bool{}, w.MaxConnections
	slices.SortFunc(x.stalls, func(a, b sim.Interval) int { return cmp.Compare(a.At, b.At) })
	go x.accept(x.serve)
	return x, nil
}

func (x *proxy) serve(client net.Conn) {
	x.pass()
	if !x.admit(client) {
		_, _ = client.Write([]byte{refusal}) // the client may be gone
		return
	}
	defer x.left(client)
	server, err := net.Dial("tcp", x.server)
	if err != nil {
		return
	}
	defer x.drop(server)
	if !x.keep(server) {
		return
	}
	if _, err := client.Write([]byte{greeting}); err != nil {
		return
	}
	var both sync.WaitGroup
	both.Go(func() {
		x.copy(server, client)
		x.left(client) // before the server sees the end
		closeWrite(server)
	})
	both.Go(func() {
		x.copy(client, server)
		closeWrite(client)
	})
	both.Wait()
}

// admit reports whether the server takes one more connection.
func (x *proxy) admit(client net.Conn) bool {
	l := &x.limits
	l.Lock()
	defer l.Unlock()
	switch {
	case l.down > 0:
		return false
	case l.max > 0 && len(l.clients) >= l.max:
		l.refused++
		return false
	}
	l.clients[client] = true
	l.peak = max(l.peak, len(l.clients))
	return true
}

// left notes that a client has gone.
func (x *proxy) left(client net.Conn) {
	x.limits.Lock()
	defer x.limits.Unlock()
	delete(x.limits.clients, client)
}

// down begins some outages, or ends them.
func (x *proxy) down(more int) {
	x.limits.Lock()
	defer x.limits.Unlock()
	x.limits.down += more
}

// dropAll ends all connections.
func (x *proxy) dropAll() {
	x.limits.Lock()
	clear(x.limits.clients)
	x.limits.Unlock()
	x.endAll()
}

// seen returns the most connections at a time, and how many were refused above the maximum.
func (x *proxy) seen() (most int, refused uint64) {
	x.limits.Lock()
	defer x.limits.Unlock()
	return x.limits.peak, x.limits.refused
}

// closeWrite passes on the end of what comes.
func closeWrite(to net.Conn) { to.(*net.TCPConn).CloseWrite() }

// copy passes on what comes, until the end. The server sees what a client has sent
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
			return
		}
	}
}

// pass returns when the proxy does not stall, or is closed.
func (x *proxy) pass() {
	for _, s := range x.stalls {
		now, until := x.clock.now(), time.Duration(s.At+s.For)
		if time.Duration(s.At) <= now && now < until {
			select {
			case <-x.clock.alarm(until):
			case <-x.over:
				return
			}
		}
	}
}

var errRefused = errors.New("the server takes no connection")

// awaitGreeting reads the proxy's greeting, until the context's deadline.
func awaitGreeting(ctx context.Context, c net.Conn) error {
	if deadline, ok := ctx.Deadline(); ok {
		if err := c.SetReadDeadline(deadline); err != nil {
			return err
		}
	}
	var first [1]byte
	if _, err := io.ReadFull(c, first[:]); err != nil {
		return err
	}
	if first[0] != greeting {
		return errRefused
	}
	return c.SetReadDeadline(time.Time{})
}
