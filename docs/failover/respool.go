package main

import (
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

// respoolContender is this module's pool.
func respoolContender() contender {
	return contender{name: ours, alone: respoolAlone, sentinel: respoolSentinel}
}

// longestPause is that between two dials to a server that is down.
const longestPause = 100 * time.Millisecond

// respoolPool is a pool as a service in production sets it up.
func respoolPool(size int) *redispool.Pool {
	return &redispool.Pool{
		MaxIdle: size, MaxActive: size, Wait: true,
		DialBackoff:         longestPause,
		TestOnBorrowContext: redispool.TestPing(time.Minute),
	}
}

func respoolAlone(addr string, size int, d *dialer) (client, error) {
	p := respoolPool(size)
	p.Dial = func() (redis.Conn, error) { return redis.Dial("tcp", addr, dialOptions(d)...) }
	return &connClient{pool: p, count: func() counts { return countsOf(p) }}, nil
}

func respoolSentinel(addrs []string, size int, d *dialer) (client, error) {
	p := respoolPool(size)
	p.Dial = askForMaster(addrs, dialOptions(d))
	return &connClient{pool: p, count: func() counts { return countsOf(p) }}, nil
}

func countsOf(p *redispool.Pool) counts {
	st := p.ResourceStats()
	return counts{open: st.Active, leased: st.Active - st.Idle, waiting: st.Waiting}
}
