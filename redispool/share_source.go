package redispool

import (
	"context"
	"time"

	"github.com/respool/respool/redispool/internal/multiplex"
)

// sharedSource has the connections of a pool for its Mux. Each is a lease of the pool.
type sharedSource struct {
	live    *live
	node    *clusterNode // nil: the pool is not a Cluster's
	replica bool         // the connections read from a replica
}

func (s sharedSource) Open(ctx context.Context) (multiplex.Wire, error) {
	c, why, err := s.live.borrow(ctx)
	if err != nil {
		return nil, &unopened{err, why}
	}
	fit := false
	defer func() {
		if !fit { // it broke, or a dialed connection of the user's own kind panicked
			c.Close()
		}
	}()
	if err := s.prepare(ctx, c.lease.Value()); err != nil {
		return nil, err
	}
	fit = true
	return (*wire)(c), nil
}

// prepare makes a connection fit for sharing. Dial, or a test, may have left replies unread.
func (s sharedSource) prepare(ctx context.Context, pc *pooled) error {
	if pc.core.leakAfter > 0 {
		pc.sharedSince = time.Now()
	}
	if pc.maybeUnread {
		if err := pc.readAll(); err != nil {
			return err
		}
	}
	if s.node == nil {
		return nil
	}
	return s.node.setReplicaReads(ctx, pc, s.replica)
}

// fits reports whether prepare has nothing to wait for.
func (s sharedSource) fits(pc *pooled) bool { return s.node == nil || pc.readsReplica == s.replica }

// OpenIdle lends an idle connection. If there is none, and room for another one, it has one
// dialed for later calls. A caller waits neither for a dial nor for READONLY while there are
// other connections.
func (s sharedSource) OpenIdle(ctx context.Context) multiplex.Wire {
	st := s.live.pool.Stats()
	if st.Idle == 0 {
		if st.MaxActive == 0 || st.Active < st.MaxActive {
			s.ahead(func() (*conn, error) { return s.live.borrowNow(context.Background()) })
		}
		return nil
	}
	c, err := s.live.borrowNow(ctx)
	if err != nil {
		return nil
	}
	if !s.fits(c.lease.Value()) {
		if !s.ahead(func() (*conn, error) { return c, nil }) {
			c.Close()
		}
		return nil
	}
	if err := s.prepare(ctx, c.lease.Value()); err != nil {
		c.Close()
		return nil
	}
	return (*wire)(c)
}

const (
	pauseAfterFailure = 100 * time.Millisecond // in which nothing is prepared ahead
	aheadTimeout      = time.Second            // for READONLY
)

// ahead prepares a connection, and makes it idle. It returns false if it does nothing.
func (s sharedSource) ahead(get func() (*conn, error)) bool {
	sharing := s.live.sharing
	if !sharing.dialing.CompareAndSwap(false, true) {
		return false
	}
	if time.Now().UnixNano() < sharing.noDialUntil.Load() {
		sharing.dialing.Store(false)
		return false
	}
	go func() {
		defer sharing.dialing.Store(false)
		c, err := get()
		if err == nil {
			defer c.Close()
			ctx, cancel := context.WithTimeout(context.Background(), aheadTimeout)
			defer cancel()
			err = s.prepare(ctx, c.lease.Value())
		}
		if err != nil {
			sharing.noDialUntil.Store(time.Now().Add(pauseAfterFailure).UnixNano())
		}
	}()
	return true
}
