package redispool_test

import (
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

// TestSentinelPlannedFailover moves the master under load. No caller may see an error, and few of the acknowledged
// writes may have gone to the old master after the promotion.
func TestSentinelPlannedFailover(t *testing.T) {
	t.Parallel()
	sentinelPlannedFailover(t, &redispool.Pool{MaxIdle: 8, MaxActive: 8, Wait: true})
}

func sentinelPlannedFailover(t *testing.T, fields *redispool.Pool) {
	d := deploy(t, 2, 3)
	s := d.sentinel()
	p := s.Master(fields)
	l := begin(t, p)
	d.await("the load has begun", func() bool { return l.acked.Load() > 1000 })
	if _, err := ask(d.sentinels[1].Addr(), "SENTINEL", "FAILOVER", "mymaster"); err != nil {
		t.Fatal(err)
	}
	old := d.servers[0]
	d.await("the old master is a replica", func() bool { return role(old) == "slave" })
	before := l.acked.Load()
	d.await("the load goes on", func() bool { return l.acked.Load() > before+1000 })
	l.end()
	addr, err := s.MasterAddr(t.Context())
	if err != nil || addr == old.Addr() {
		t.Fatalf("the master is %s, %v", addr, err)
	}
	kept, err := redis.Int64(ask(addr, "DBSIZE"))
	if err != nil {
		t.Fatal(err)
	}
	lost := l.acked.Load() - kept
	t.Logf("%d acknowledged, %d lost, %d errors, %+v", l.acked.Load(), lost, l.failed.Load(), p.ResourceStats().Closed)
	if lost > 1200 {
		t.Errorf("%d acknowledged writes are lost", lost)
	}
	if n := l.failed.Load(); n > 0 {
		t.Errorf("%d errors, the last one: %v", n, l.err())
	}
	d.nothingLeft(s, p)
}

// TestSentinelKilledMaster kills the master under load. While there is none, callers wait, and one of them dials at a time.
func TestSentinelKilledMaster(t *testing.T) {
	t.Parallel()
	sentinelKilledMaster(t, &redispool.Pool{MaxIdle: 8, MaxActive: 8, Wait: true, DialBackoff: 100 * time.Millisecond})
}

func sentinelKilledMaster(t *testing.T, fields *redispool.Pool) {
	d := deploy(t, 2, 3)
	s := d.sentinel()
	p := s.Master(fields)
	l := begin(t, p)
	d.await("the load has begun", func() bool { return l.acked.Load() > 1000 })
	d.servers[0].Stop()
	d.await("there is a new master", func() bool { return role(d.servers[1]) == "master" || role(d.servers[2]) == "master" })
	before := l.acked.Load()
	d.await("the load goes on", func() bool { return l.acked.Load() > before+1000 })
	l.end()
	st := p.ResourceStats()
	dials := st.Opened + st.OpenFailed
	t.Logf("%d errors, %d dials", l.failed.Load(), dials)
	most := 10
	if fields.Share > 0 {
		most = 8 * fields.Share // all workers may be on a connection that breaks
	}
	if n := l.failed.Load(); int(n) > most {
		t.Errorf("%d errors, the last one: %v", n, l.err())
	}
	if dials > 100 {
		t.Errorf("%d dials", dials)
	}
	d.nothingLeft(s, p)
}

// TestSentinelStoppedMaster stops the master's process, which then takes connections and answers nothing. When it goes
// on, it is a replica, and no connection to it is left.
func TestSentinelStoppedMaster(t *testing.T) {
	t.Parallel()
	sentinelStoppedMaster(t, &redispool.Pool{MaxIdle: 8, MaxActive: 8, Wait: true})
}

func sentinelStoppedMaster(t *testing.T, fields *redispool.Pool) {
	d := deploy(t, 1, 3)
	s := d.sentinel()
	p := s.Master(fields)
	l := begin(t, p)
	d.await("the load has begun", func() bool { return l.acked.Load() > 1000 })
	d.servers[0].Pause()
	d.await("there is a new master", func() bool { return role(d.servers[1]) == "master" })
	before := l.acked.Load()
	d.await("the load goes on", func() bool { return l.acked.Load() > before+1000 })
	d.servers[0].Resume()
	d.await("the old master is a replica", func() bool { return role(d.servers[0]) == "slave" })
	l.end()
	d.nothingLeft(s, p)
}

// TestSentinelHostNames watches a sentinel that announces host names instead of addresses.
func TestSentinelHostNames(t *testing.T) {
	server := redistest.Start(t)
	_, port, _ := net.SplitHostPort(server.Addr())
	sentinel := redistest.StartSentinel(t, "mymaster", server, 1,
		"sentinel resolve-hostnames yes", "sentinel announce-hostnames yes", "sentinel monitor named localhost "+port+" 1")
	s := &redispool.Sentinel{Addrs: []string{sentinel.Addr()}, MasterName: "named"}
	p := s.Master(&redispool.Pool{MaxIdle: 1})
	if err := write(p, "key"); err != nil {
		t.Error(err)
	}
	if addr, err := s.MasterAddr(t.Context()); addr != "localhost:"+port || err != nil {
		t.Errorf("the master is %s, %v", addr, err)
	}
	p.Close()
	s.Close()
}

// TestSentinelsDisagree asks four sentinels of which one hangs during a failover, and one believes in another master.
func TestSentinelsDisagree(t *testing.T) {
	t.Parallel()
	d := deploy(t, 1, 3)
	stranger := redistest.Start(t)
	stale := redistest.StartSentinel(t, "mymaster", stranger, 1)
	s := d.sentinel()
	s.Addrs = append([]string{stale.Addr()}, s.Addrs...)
	var mu sync.Mutex
	var moves []string
	s.OnMasterChange = func(from, to string) {
		mu.Lock()
		defer mu.Unlock()
		moves = append(moves, from+" to "+to)
	}
	p := s.Master(&redispool.Pool{MaxIdle: 2})
	r := s.Replicas(&redispool.Pool{MaxIdle: 2})
	port := func(p *redispool.Pool) string {
		c := p.Get()
		defer c.Close()
		info, err := redis.String(c.Do("INFO", "server"))
		if err != nil {
			return err.Error()
		}
		_, port, _ := strings.Cut(info, "tcp_port:")
		port, _, _ = strings.Cut(port, "\r")
		return "127.0.0.1:" + port
	}
	first, second := d.servers[0].Addr(), d.servers[1].Addr()
	if at := port(p); at != first {
		t.Errorf("the pool of the master leads to %s, not %s", at, first)
	}
	if at := port(r); at != second {
		t.Errorf("the pool of the replicas leads to %s, not %s", at, second)
	}
	d.sentinels[0].Pause()
	if _, err := ask(d.sentinels[1].Addr(), "SENTINEL", "FAILOVER", "mymaster"); err != nil {
		t.Fatal(err)
	}
	d.await("the pool leads to the new master", func() bool { return port(p) == second })
	d.sentinels[0].Resume()
	d.await("the pool of the replicas leads to the old master", func() bool { return port(r) == first })
	if at := port(p); at != second {
		t.Errorf("the pool of the master leads to %s, not %s", at, second)
	}
	d.nothingLeft(s, p, r)
	mu.Lock()
	defer mu.Unlock()
	want := []string{" to " + first, first + " to " + second}
	if !slices.Equal(moves, want) {
		t.Errorf("the master has moved %q, not %q", moves, want)
	}
}

// TestSentinelErrors takes the sentinels away, and asks them wrongly.
func TestSentinelErrors(t *testing.T) {
	d := &deployment{t: t, servers: []*redistest.Server{redistest.Start(t)}}
	d.sentinels = []*redistest.Server{redistest.StartSentinel(t, "mymaster", d.servers[0], 1, "requirepass secret")}
	closed := redistest.Start(t)
	closed.Stop()
	fails := func(change func(*redispool.Sentinel), want ...string) {
		t.Helper()
		s := d.sentinel()
		s.Addrs = append(s.Addrs, closed.Addr())
		s.SentinelDialOptions = []redis.DialOption{redis.DialPassword("secret")}
		change(s)
		p := s.Master(&redispool.Pool{})
		_, err := p.GetContext(t.Context())
		for _, text := range append(want, closed.Addr()) {
			if err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("the error is %v, it does not have %q", err, text)
			}
		}
		d.nothingLeft(s, p)
	}
	fails(func(s *redispool.Sentinel) { s.SentinelDialOptions = nil }, d.sentinels[0].Addr(), "NOAUTH")
	fails(func(s *redispool.Sentinel) { s.SentinelDialOptions[0] = redis.DialPassword("wrong") }, d.sentinels[0].Addr(), "WRONGPASS")
	fails(func(s *redispool.Sentinel) { s.MasterName = "master" }, d.sentinels[0].Addr(), `no master with the name "master", but mymaster`)
	fails(func(s *redispool.Sentinel) { s.Addrs = s.Addrs[1:] }, "connection refused")

	s := d.sentinel()
	s.SentinelDialOptions = []redis.DialOption{redis.DialPassword("secret")}
	p := s.Master(&redispool.Pool{})
	if err := write(p, "key"); err != nil {
		t.Fatal(err)
	}
	d.sentinels[0].Stop()
	if err := write(p, "key"); err != nil {
		t.Errorf("the last known master is not used any more: %v", err)
	}
	d.servers[0].Stop()
	d.await("the error of the master names the sentinel too", func() bool {
		err := write(p, "key")
		return err != nil && strings.Contains(err.Error(), d.servers[0].Addr()) && strings.Contains(err.Error(), d.sentinels[0].Addr())
	})
	d.nothingLeft(s, p)
	if err := write(p, "key"); err != redispool.ErrPoolClosed {
		t.Errorf("of a closed pool: %v", err)
	}
	p = s.Master(&redispool.Pool{})
	defer p.Close()
	if err := write(p, "key"); err != redispool.ErrSentinelClosed {
		t.Errorf("of a closed Sentinel: %v", err)
	}
}
