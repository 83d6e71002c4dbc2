package redispool_test

import (
	"context"
	"errors"
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

// clusterLoad writes and reads with several goroutines, and checks each reply.
type clusterLoad struct {
	c       *redispool.Cluster
	mayLose bool // acknowledged writes may be lost, as in a failover that nobody has planned

	stop   atomic.Bool
	done   sync.WaitGroup
	served atomic.Int64

	mu   sync.Mutex
	errs []error
	last time.Time // of the errors
}

const loadWorkers = 8

func startLoad(c *redispool.Cluster, mayLose bool) *clusterLoad {
	l := &clusterLoad{c: c, mayLose: mayLose}
	for w := range loadWorkers {
		l.done.Go(func() { l.work(w) })
	}
	return l
}

// work writes keys all over the slots. Every fourth command goes through a connection, every other of these in a pipeline.
func (l *clusterLoad) work(w int) {
	for i := 0; !l.stop.Load(); i++ {
		key := fmt.Sprintf("load:%d:%d", w, i%200)
		value := fmt.Sprintf("%s=%d", key, i)
		var err error
		switch i % 4 {
		case 0, 1:
			err = l.onCluster(key, value)
		case 2:
			err = l.onConn(key, value)
		case 3:
			err = l.together(fmt.Sprintf("{%s}", key), value)
		}
		if err != nil {
			l.failed(fmt.Errorf("%s: %w", value, err))
			continue
		}
		l.served.Add(1)
	}
}

func (l *clusterLoad) failed(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.errs, l.last = append(l.errs, err), time.Now()
}

// errWrong is a reply that a server never gave to the command.
var errWrong = errors.New("wrong reply")

func (l *clusterLoad) check(got, want string) error {
	key, _, _ := strings.Cut(want, "=")
	if got == want || l.mayLose && (got == "" || strings.HasPrefix(got, key+"=")) {
		return nil
	}
	return fmt.Errorf("%w: %q", errWrong, got)
}

func (l *clusterLoad) onCluster(key, value string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if ok, err := redis.String(l.c.Do(ctx, "SET", key, value)); ok != "OK" || err != nil {
		return fmt.Errorf("%s %w", ok, err)
	}
	got, err := redis.String(l.c.Do(ctx, "GET", key))
	if err != nil && err != redis.ErrNil {
		return err
	}
	return l.check(got, value)
}

func (l *clusterLoad) onConn(key, value string) error {
	conn := l.c.Get()
	defer conn.Close()
	if ok, err := redis.String(conn.Do("SET", key, value)); ok != "OK" || err != nil {
		return fmt.Errorf("%s %w", ok, err)
	}
	got, err := redis.String(conn.Do("GET", key))
	if err != nil && err != redis.ErrNil {
		return err
	}
	return l.check(got, value)
}

// together uses several keys of one slot in one command. While the slot is being moved, the server answers TRYAGAIN.
func (l *clusterLoad) together(tag, value string) error {
	conn, err := l.c.GetContext(context.Background())
	if err != nil {
		return err
	}
	defer conn.Close()
	a, b := tag+"a", tag+"b"
	if _, err := conn.Do("MSET", a, a+"="+value, b, b+"="+value); err != nil {
		return err
	}
	got, err := redis.Strings(conn.Do("MGET", b, a))
	if err != nil {
		return err
	}
	if err := l.check(got[0], b+"="+value); err != nil {
		return err
	}
	return l.check(got[1], a+"="+value)
}

// goesOn waits until the load has been served for a while.
func (l *clusterLoad) goesOn(rc *redistest.Cluster) {
	begin := l.served.Load()
	rc.Wait("the load goes on", func() bool { return l.served.Load() >= begin+2000 })
}

func (l *clusterLoad) end() []error {
	l.stop.Store(true)
	l.done.Wait()
	return l.errs
}

// noError ends the load and expects that every command was served.
func (l *clusterLoad) noError(t *testing.T) {
	t.Helper()
	for i, err := range l.end() {
		if i == 10 {
			t.Fatalf("and %d more", len(l.errs)-i)
		}
		t.Error(err)
	}
}

// few ends the load and expects few errors, and no wrong reply.
func (l *clusterLoad) few(t *testing.T, most int) {
	t.Helper()
	errs := l.end()
	t.Logf("%d errors, %d served", len(errs), l.served.Load())
	if len(errs) > most {
		t.Errorf("%d errors, at most %d expected", len(errs), most)
	}
	for _, err := range errs {
		if errors.Is(err, errWrong) || len(errs) > most {
			t.Error(err)
		} else {
			t.Log(err)
		}
	}
}

func clusterReshard(t *testing.T, rc *redistest.Cluster) { loadedReshard(t, rc) }

func loadedReshard(t *testing.T, rc *redistest.Cluster, change ...func(*redispool.Cluster)) {
	c := newCluster(t, rc, change...)
	l := startLoad(c, false)
	l.goesOn(rc)
	for i := range 30 {
		slot := redispool.Slot(fmt.Sprintf("load:%d:%d", i%loadWorkers, i))
		from := rc.Master(slot)
		for _, to := range rc.Nodes {
			if to != from && rc.IsMaster(to) {
				rc.MoveSlot(slot, from, to)
				break
			}
		}
	}
	l.goesOn(rc)
	l.noError(t)
	sameCounts(t, rc, c)
}

func clusterFailover(t *testing.T, rc *redistest.Cluster) { loadedFailover(t, rc) }

func loadedFailover(t *testing.T, rc *redistest.Cluster, change ...func(*redispool.Cluster)) {
	c := newCluster(t, rc, change...)
	l := startLoad(c, false)
	l.goesOn(rc)
	for range 2 {
		for _, s := range rc.Nodes {
			if rc.IsMaster(s) {
				continue
			}
			rc.WaitOK()
			rc.Do(s, "CLUSTER", "FAILOVER")
			rc.Wait("the replica is promoted", func() bool { return rc.IsMaster(s) })
			l.goesOn(rc)
			break
		}
	}
	rc.WaitOK()
	l.noError(t)
	sameCounts(t, rc, c)
}

func clusterKill(t *testing.T, rc *redistest.Cluster) { loadedKill(t, rc, 1) }

// loadedKill kills a master under load. Each worker may have one write under way on each connection that it comes to.
func loadedKill(t *testing.T, rc *redistest.Cluster, connections int, change ...func(*redispool.Cluster)) {
	c := newCluster(t, rc, change...)
	l := startLoad(c, true)
	l.goesOn(rc)
	victim := rc.Master(0)
	victim.Stop()
	l.goesOn(rc)
	rc.Wait("a replica is promoted", func() bool { return rc.Master(0) != victim })
	l.goesOn(rc)
	l.few(t, connections*loadWorkers)
	sameCounts(t, rc, c)
	victim.Restart()
	rc.WaitOK()
}

func clusterStop(t *testing.T, rc *redistest.Cluster) { loadedStop(t, rc) }

func loadedStop(t *testing.T, rc *redistest.Cluster, change ...func(*redispool.Cluster)) {
	c := newCluster(t, rc, append(change, func(c *redispool.Cluster) {
		c.DialOptions = []redis.DialOption{redis.DialReadTimeout(500 * time.Millisecond), redis.DialConnectTimeout(500 * time.Millisecond)}
	})...)
	l := startLoad(c, true)
	l.goesOn(rc)
	victim := rc.Master(0)
	victim.Pause()
	rc.Wait("a replica is promoted", func() bool {
		for _, s := range rc.Nodes {
			if s != victim && rc.IsMaster(s) && strings.Contains(rc.Text(s, "CLUSTER", "NODES"), "master,fail ") {
				return true
			}
		}
		return false
	})
	l.goesOn(rc)
	victim.Resume()
	rc.Wait("the former master is a replica", func() bool { return !rc.IsMaster(victim) })
	l.goesOn(rc)
	l.few(t, 12*loadWorkers)
	sameCounts(t, rc, c)
	rc.WaitOK()
}
