package redispool

import (
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/resource"
)

// Stats returns redigo's statistics. [Pool.ResourceStats] returns more.
func (p *Pool) Stats() redis.PoolStats {
	st := p.ResourceStats()
	return redis.PoolStats{
		ActiveCount:  st.Active,
		IdleCount:    st.Idle,
		WaitCount:    st.WaitCount,
		WaitDuration: st.WaitDuration,
	}
}

// ActiveCount returns the number of connections that exist: idle, in use, being
// dialed, tested or closed.
func (p *Pool) ActiveCount() int { return p.ResourceStats().Active }

// IdleCount returns the number of idle connections.
func (p *Pool) IdleCount() int { return p.ResourceStats().Idle }

// ResourceStats returns all statistics of the pool. Before the first use of the pool
// they are zero. redigo has no such method.
func (p *Pool) ResourceStats() resource.Stats {
	if l := p.live.Load(); l != nil && l.pool != nil {
		st := l.pool.Stats()
		l.addShared(&st)
		return st
	}
	return resource.Stats{}
}

// addShared adds the numbers of the shared connections.
func (l *live) addShared(st *resource.Stats) {
	if l.sharing != nil {
		st.Shared = l.sharing.stats()
	}
}

// Inspect describes each connection of the pool and each waiter, as [resource.Pool.Inspect]
// does. Before the first use of the pool the lists are empty. redigo has no such method.
func (p *Pool) Inspect() resource.Inspection {
	if l := p.live.Load(); l != nil && l.pool != nil {
		in := l.pool.Inspect()
		l.addShared(&in.Stats)
		return in
	}
	return resource.Inspection{Time: time.Now(), Resources: []resource.ResourceInfo{}, Waiters: []resource.WaiterInfo{}}
}
