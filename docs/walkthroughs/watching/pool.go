package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	redis "github.com/respool/respool/redispool"
	"github.com/respool/respool/resource/poollog"
)

// #region pool

func newPool(n *network, log *slog.Logger) *redis.Pool {
	return &redis.Pool{
		Name:          "sessions",
		ExplainErrors: true,
		Histograms:    true,
		LeakAfter:     time.Second,
		Observer:      poollog.New(log, poollog.Options{}),

		MaxActive:   4,
		MaxIdle:     2,
		Wait:        true,
		WaitTimeout: 500 * time.Millisecond,
		DialContext: func(ctx context.Context) (redis.Conn, error) {
			return redis.DialContext(ctx, "tcp", n.addr, redis.DialContextFunc(n.dial))
		},
		TestOnBorrowContext: redis.TestPing(0),
		TestBudget:          -1, // keeps the figures the same on a busy machine
	}
}

// #endregion pool

func ping(pool *redis.Pool) error {
	conn := pool.Get()
	defer conn.Close()
	_, err := conn.Do("PING")
	return err
}

// network is the network between the pool and Redis. It can go down,
// and it can cut connections.
type network struct {
	addr string

	mu    sync.Mutex
	down  bool
	conns []*net.TCPConn
}

func (n *network) dial(ctx context.Context, kind, addr string) (net.Conn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.down {
		return nil, errors.New("the network is down")
	}
	dialer := net.Dialer{Timeout: 5 * time.Second}
	conn, err := dialer.DialContext(ctx, kind, addr)
	if tcp, ok := conn.(*net.TCPConn); ok {
		n.conns = append(n.conns, tcp)
	}
	return conn, err
}

// set takes the network down, or brings it up again.
func (n *network) set(down bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = down
}

// cut ends all connections without a sign to the pool.
func (n *network) cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, conn := range n.conns {
		conn.CloseRead()
		conn.CloseWrite()
	}
	n.conns = nil
}
