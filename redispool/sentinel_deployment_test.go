package redispool_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

// generously bounds what these tests wait for. Nothing is asserted about shorter times.
const generously = time.Minute

// deployment is a master with replicas and sentinels, all real.
type deployment struct {
	t         *testing.T
	servers   []*redistest.Server // the first one begins as the master
	sentinels []*redistest.Server
}

func deploy(t *testing.T, replicas, sentinels int, lines ...string) *deployment {
	t.Helper()
	redistest.NeedFailovers(t)
	d := &deployment{t: t, servers: []*redistest.Server{redistest.Start(t)}}
	for range replicas {
		d.servers = append(d.servers, redistest.StartReplica(t, d.servers[0]))
	}
	for range sentinels {
		d.sentinels = append(d.sentinels, redistest.StartSentinel(t, "mymaster", d.servers[0], sentinels/2+1, lines...))
	}
	for _, s := range d.sentinels {
		d.await("the sentinels know each other and the replicas", func() bool { return knowsAll(s.Addr(), replicas, sentinels) })
	}
	return d
}

// knowsAll reports whether a sentinel sees all others, and all replicas in good order.
func knowsAll(addr string, replicas, sentinels int) bool {
	master, err := redis.StringMap(ask(addr, "SENTINEL", "MASTER", "mymaster"))
	if err != nil || master["num-other-sentinels"] != fmt.Sprint(sentinels-1) || master["num-slaves"] != fmt.Sprint(replicas) {
		return false
	}
	rows, err := redis.Values(ask(addr, "SENTINEL", "REPLICAS", "mymaster"))
	for _, row := range rows {
		replica, err := redis.StringMap(row, err)
		if err != nil || replica["flags"] != "slave" || replica["master-link-status"] != "ok" {
			return false
		}
	}
	return true
}

// ask asks a server one question.
func ask(addr, cmd string, args ...any) (any, error) {
	c, err := redis.Dial("tcp", addr, redis.DialReadTimeout(time.Second))
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.Do(cmd, args...)
}

// await waits for a condition that the servers must reach by themselves.
func (d *deployment) await(what string, reached func() bool) {
	d.t.Helper()
	pause := time.NewTicker(10 * time.Millisecond)
	defer pause.Stop()
	for end := time.Now().Add(generously); !reached(); <-pause.C {
		if time.Now().After(end) {
			d.t.Fatalf("not within %v: %s", generously, what)
		}
	}
}

func (d *deployment) addrs() (all []string) {
	for _, s := range d.sentinels {
		all = append(all, s.Addr())
	}
	return all
}

// sentinel returns a Sentinel that knows all of the deployment's.
func (d *deployment) sentinel() *redispool.Sentinel {
	return &redispool.Sentinel{
		Addrs:       d.addrs(),
		MasterName:  "mymaster",
		DialOptions: []redis.DialOption{redis.DialReadTimeout(500 * time.Millisecond), redis.DialConnectTimeout(500 * time.Millisecond)},
	}
}

// role returns a server's own answer, or nothing if it is down.
func role(s *redistest.Server) string {
	reply, err := redis.Values(ask(s.Addr(), "ROLE"))
	if err != nil {
		return ""
	}
	name, _ := redis.String(reply[0], nil)
	return name
}

// nothingLeft checks that nothing is left of a pool and its Sentinel but what the pool counts: at the servers,
// and after Close nothing at all.
func (d *deployment) nothingLeft(s *redispool.Sentinel, pools ...*redispool.Pool) {
	d.t.Helper()
	active := 0
	for _, p := range pools {
		d.await("no connection is leased, and nobody waits", func() bool { // a shared one comes back after its last call
			st := p.ResourceStats()
			return st.Leased == 0 && st.Waiting == 0
		})
		active += p.ResourceStats().Active
	}
	d.await(fmt.Sprintf("the servers have %d clients, as the pools count", active), func() bool { return d.clients() == active })
	for _, p := range pools {
		p.Close()
	}
	s.Close()
	d.await("the servers have no client", func() bool { return d.clients() == 0 })
	for _, sentinel := range d.sentinels {
		d.await("the sentinels have no subscriber", func() bool { return subscribers(sentinel.Addr()) == 0 })
	}
}

// clients counts the connections of pools at all servers. Those of replicas, sentinels and of this test are left out.
func (d *deployment) clients() (n int) {
	for _, s := range d.servers {
		list, err := redis.String(ask(s.Addr(), "CLIENT", "LIST", "TYPE", "normal"))
		if err != nil {
			continue
		}
		for line := range strings.Lines(list) {
			if !strings.Contains(line, "name=sentinel-") && !strings.Contains(line, "cmd=client|list") {
				n++
			}
		}
	}
	return n
}

func subscribers(addr string) int {
	list, _ := redis.String(ask(addr, "CLIENT", "LIST", "TYPE", "pubsub"))
	return strings.Count(list, "\n")
}

// load is a number of workers that write one new key after another.
type load struct {
	stop   context.CancelFunc
	wg     sync.WaitGroup
	acked  atomic.Int64
	failed atomic.Int64
	last   atomic.Pointer[error]
}

// begin starts 8 workers. Each writes, and then pauses for 5 milliseconds, so that the number of writes in a second does not
// depend much on the machine. A caller has patience for 4 seconds.
func begin(t *testing.T, p *redispool.Pool) *load {
	ctx, cancel := context.WithCancel(t.Context())
	l := &load{stop: cancel}
	for worker := range 8 {
		l.wg.Go(func() {
			pause := time.NewTicker(5 * time.Millisecond)
			defer pause.Stop()
			for i := 0; ; i++ {
				if err := write(p, fmt.Sprintf("key:%d:%d", worker, i)); err != nil {
					l.failed.Add(1)
					l.last.Store(&err)
				} else {
					l.acked.Add(1)
				}
				select {
				case <-pause.C:
				case <-ctx.Done():
					return
				}
			}
		})
	}
	return l
}

func write(p *redispool.Pool, key string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Second)
	defer cancel()
	c, err := p.GetContext(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.Do("SET", key, 1)
	return err
}

func (l *load) end() {
	l.stop()
	l.wg.Wait()
}

func (l *load) err() error {
	if err := l.last.Load(); err != nil {
		return *err
	}
	return nil
}
