package redispool

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gomodule/redigo/redis"
)

// misuseError is a mistake in the program. It stays, so nothing is tried again after it.
type misuseError struct{ err error }

func (e *misuseError) Error() string { return e.err.Error() }
func (e *misuseError) Unwrap() error { return e.err }

func isMisuse(err error) bool {
	var misuse *misuseError
	return errors.As(err, &misuse)
}

// createPool calls CreatePool, and checks what it returns. A panic becomes an error: the
// goroutine may be one of the cluster's own, where nobody could recover.
func (n *clusterNode) createPool() (p *Pool, err error) {
	c := n.cluster
	if c.CreatePool == nil {
		p = &Pool{MaxIdle: 8, IdleTimeout: 4 * time.Minute}
	} else {
		returned := false
		defer func() {
			if returned {
				return
			}
			if panicked := panicError(recover()); panicked != nil {
				err = fmt.Errorf("redispool: Cluster.CreatePool panicked for %s: %w", n.addr, panicked)
				return
			}
			n.fail(&misuseError{fmt.Errorf("redispool: Cluster.CreatePool called runtime.Goexit for %s", n.addr)})
		}()
		p = c.CreatePool(n.addr)
		returned = true
	}
	if p == nil {
		return nil, fmt.Errorf("redispool: Cluster.CreatePool returned no pool for %s", n.addr)
	}
	if err := p.claim(n); err != nil {
		return nil, err
	}
	if p.Dial == nil && p.DialContext == nil {
		p.DialContext = func(ctx context.Context) (redis.Conn, error) {
			return redis.DialContext(ctx, "tcp", n.addr, c.DialOptions...)
		}
	}
	if err = p.validate(); err == nil {
		err = c.total.check(p.MinIdle, p.Share)
	}
	if err != nil {
		return nil, fmt.Errorf("redispool: Cluster.CreatePool returned an invalid pool for %s: %w", n.addr, err)
	}
	return p, nil
}

// claim makes the pool that of a node, unless it has another use already.
func (p *Pool) claim(n *clusterNode) error {
	p.build.Lock()
	defer p.build.Unlock()
	switch {
	case p.node != nil && p.node.addr != n.addr:
		return fmt.Errorf("redispool: Cluster.CreatePool returned the pool of %s for %s, too", p.node.addr, n.addr)
	case p.node != nil || p.live.Load() != nil:
		return fmt.Errorf("redispool: Cluster.CreatePool returned a pool for %s that was used before", n.addr)
	case p.follower != nil:
		return fmt.Errorf("redispool: Cluster.CreatePool returned a pool for %s that follows a Sentinel", n.addr)
	}
	p.node = n
	return nil
}
