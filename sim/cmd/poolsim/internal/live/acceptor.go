package live

import (
	"net"
	"sync"
)

// acceptor accepts connections on loopback, and knows those that are open, to end them.
type acceptor struct {
	listener net.Listener
	over     chan struct{} // closed by close

	mu    sync.Mutex
	conns map[net.Conn]bool
	shut  bool
}

func newAcceptor() (*acceptor, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return &acceptor{listener: l, over: make(chan struct{}), conns: map[net.Conn]bool{}}, nil
}

func (a *acceptor) addr() string { return a.listener.Addr().String() }

// accept serves each connection on a goroutine of its own, until close.
func (a *acceptor) accept(serve func(net.Conn)) {
	for {
		c, err := a.listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer a.drop(c)
			if a.keep(c) {
				serve(c)
			}
		}()
	}
}

// close ends the acceptor, and all of its connections.
func (a *acceptor) close() {
	a.listener.Close()
	a.mu.Lock()
	if !a.shut {
		a.shut = true
		close(a.over)
	}
	a.mu.Unlock()
	a.endAll()
}

// endAll ends all connections.
func (a *acceptor) endAll() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for c := range a.conns {
		c.Close()
	}
}

// keep notes a connection, and reports false if the acceptor is closed.
func (a *acceptor) keep(c net.Conn) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.shut {
		a.conns[c] = true
	}
	return !a.shut
}

func (a *acceptor) drop(c net.Conn) {
	c.Close()
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.conns, c)
}
