package main

import (
	"context"
	"net"
	"sync"
	"time"
)

// timeout bounds dials, reads and writes of every contender.
const timeout = 500 * time.Millisecond

// dialer dials for a contender and counts.
type dialer struct {
	sentinels map[string]bool // their addresses

	mu    sync.Mutex
	dials []dial
	local map[string]bool // the local addresses of the connections that were made
}

// dial is an attempt to connect, successful or not.
type dial struct {
	at       time.Time
	sentinel bool
}

func newDialer(sentinels []*server) *dialer {
	d := &dialer{sentinels: map[string]bool{}, local: map[string]bool{}}
	for _, s := range sentinels {
		d.sentinels[s.addr] = true
	}
	return d
}

// DialContext gives the connection as it is: some clients look for a TCPConn in it.
func (d *dialer) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	d.mu.Lock()
	d.dials = append(d.dials, dial{time.Now(), d.sentinels[addr]})
	d.mu.Unlock()
	c, err := (&net.Dialer{Timeout: timeout}).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.local[c.LocalAddr().String()] = true
	d.mu.Unlock()
	return c, nil
}

func (d *dialer) Dial(network, addr string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, addr)
}

// between counts the dials to data servers and to sentinels in a period.
func (d *dialer) between(from, to time.Time) (servers, sentinels int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range d.dials {
		switch {
		case a.at.Before(from) || !a.at.Before(to):
		case a.sentinel:
			sentinels++
		default:
			servers++
		}
	}
	return servers, sentinels
}

// sockets counts the contender's connections that the data servers have.
func (d *dialer) sockets(servers []*server) (n int, err error) {
	for _, s := range servers {
		all, err := s.clients()
		if err != nil {
			return 0, err
		}
		d.mu.Lock()
		for _, addr := range all {
			if d.local[addr] {
				n++
			}
		}
		d.mu.Unlock()
	}
	return n, nil
}
