package main

import (
	"sync"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

// respoolContender is this module's pool, by itself, with Sentinel and with Cluster.
func respoolContender() contender {
	return contender{name: ours, alone: respoolAlone, sentinel: respoolSentinel, cluster: respoolCluster}
}

// longestPause is the longest pause between two dials to a server that is down.
const longestPause = 100 * time.Millisecond

// respoolPool is a pool as a service in production sets it up.
func respoolPool(size int) *redispool.Pool {
	return &redispool.Pool{
		MaxIdle: size, MaxActive: size, Wait: true,
		DialBackoff:         longestPause,
		TestOnBorrowContext: redispool.TestPing(0),
		TestIdleAfter:       time.Minute,
		TestSuspects:        true,
	}
}

func respoolAlone(addr string, size int, d *dialer) (client, error) {
	p := respoolPool(size)
	p.Dial = func() (redis.Conn, error) { return redis.Dial("tcp", addr, dialOptions(d)...) }
	return &connClient{pool: p, count: func() counts { return countsOf(p) }}, nil
}

func respoolSentinel(addrs []string, size int, d *dialer) (client, error) {
	s := &redispool.Sentinel{
		Addrs: addrs, MasterName: masterName, Timeout: timeout,
		DialOptions: dialOptions(d), SentinelDialOptions: dialOptions(d),
	}
	p := s.Master(respoolPool(size))
	return &connClient{pool: p, count: func() counts { return countsOf(p) }, end: func() { s.Close() }}, nil
}

func respoolCluster(addrs []string, size int, d *dialer) (client, error) {
	pools := new(clusterPools)
	c := &redispool.Cluster{
		StartupNodes: addrs,
		DialOptions:  dialOptions(d),
		CreatePool:   func(string) *redispool.Pool { return pools.keep(respoolPool(size)) },
	}
	return &connClient{pool: c, count: pools.counts}, nil
}

func countsOf(p *redispool.Pool) counts {
	st := p.ResourceStats()
	return counts{open: st.Active, leased: st.Active - st.Idle, waiting: st.Waiting}
}

// clusterPools is the pools that a cluster has made for its nodes.
type clusterPools struct {
	mu  sync.Mutex
	all []*redispool.Pool
}

func (c *clusterPools) keep(p *redispool.Pool) *redispool.Pool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, p)
	return p
}

func (c *clusterPools) counts() (sum counts) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.all {
		n := countsOf(p)
		sum.open += n.open
		sum.leased += n.leased
		sum.waiting += n.waiting
	}
	return sum
}
