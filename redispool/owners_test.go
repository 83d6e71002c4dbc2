package redispool_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/pooldebug"
)

// ownedPool is a pool that a Sentinel or a Cluster dials for, with the way in which a program borrows from it.
type ownedPool struct {
	*redispool.Pool
	borrow func(ctx context.Context) (redis.Conn, error)
	events ownedEvents
}

// ownedEvents is an observer that keeps all events.
type ownedEvents struct {
	mu  sync.Mutex
	all []resource.Event
}

func (l *ownedEvents) Observe(e resource.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, e)
}

// of returns the events of a kind.
func (l *ownedEvents) of(kind resource.EventKind) (found []resource.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.all {
		if e.Kind == kind {
			found = append(found, e)
		}
	}
	return found
}

// take borrows a connection.
func (p *ownedPool) take(t *testing.T) redis.Conn {
	t.Helper()
	c, err := p.borrow(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// owners make pools in each way, in a bubble, and run a test with one.
var owners = map[string]func(t *testing.T, p *ownedPool, test func(*testing.T, *ownedPool)){
	"no owner": func(t *testing.T, p *ownedPool, test func(*testing.T, *ownedPool)) {
		var s stubs
		inBubble(t, &s, p.Pool, func(t *testing.T) { test(t, p) })
	},
	"Sentinel.Master": func(t *testing.T, p *ownedPool, test func(*testing.T, *ownedPool)) {
		inSentinelBubble(t, func(t *testing.T, w *sentinelWorld) {
			w.Master(p.Pool)
			defer p.Close()
			test(t, p)
		})
	},
	"Sentinel.Replicas": func(t *testing.T, p *ownedPool, test func(*testing.T, *ownedPool)) {
		inSentinelBubble(t, func(t *testing.T, w *sentinelWorld) {
			w.Replicas(p.Pool)
			defer p.Close()
			test(t, p)
		})
	},
	"Cluster": func(t *testing.T, p *ownedPool, test func(*testing.T, *ownedPool)) {
		inClusterBubble(t, p, test, 0)
	},
	"Cluster with MaxActive": func(t *testing.T, p *ownedPool, test func(*testing.T, *ownedPool)) {
		inClusterBubble(t, p, test, 100)
	},
}

// inClusterBubble runs a test with the pool of a cluster's only node.
func inClusterBubble(t *testing.T, p *ownedPool, test func(*testing.T, *ownedPool), maxActive int) {
	synctest.Test(t, func(t *testing.T) {
		s := &stubCluster{owner: home, say: func(string, string) any { return nil }}
		c := s.cluster(home)
		defer c.Close()
		c.MaxActive = maxActive
		c.CreatePool = func(addr string) *redispool.Pool {
			if addr != home {
				t.Errorf("there is a node at %s", addr)
			}
			p.DialContext = s.node(addr).dialContext
			return p.Pool
		}
		p.borrow = func(ctx context.Context) (redis.Conn, error) {
			conn, err := c.GetContext(ctx)
			if err == nil {
				if err = redispool.BindConn(conn, "a"); err != nil {
					conn.Close()
				}
			}
			return conn, err
		}
		// The node's pool is made at its first use.
		put(t, p.take(t))
		test(t, p)
	})
}

// ownedFeatures are what an operator sees of a pool, and steers, each with the fields that switch it on.
var ownedFeatures = map[string]struct {
	set   func(p *redispool.Pool)
	check func(t *testing.T, p *ownedPool)
}{
	"observer and histograms": {func(p *redispool.Pool) { p.Histograms = true }, func(t *testing.T, p *ownedPool) {
		c := p.take(t)
		time.Sleep(time.Second)
		put(t, c)
		for _, kind := range []resource.EventKind{resource.EventOpened, resource.EventAcquired, resource.EventReturned} {
			if all := p.events.of(kind); len(all) == 0 || all[0].Pool != "orders" {
				t.Errorf("%v: %+v", kind, all)
			}
		}
		if h := p.ResourceStats().Histograms; h == nil || h.Use.Max() < time.Second || h.Open.Count() == 0 {
			t.Errorf("histograms: %+v", h)
		}
	}},
	"debug page": {func(p *redispool.Pool) { p.Histograms = true; p.LeakAfter = time.Minute }, func(t *testing.T, p *ownedPool) {
		put(t, p.take(t))
		time.Sleep(time.Second) // a pool takes the instant of its first use for an unknown time
		c := p.take(t)
		defer c.Close()
		time.Sleep(time.Hour)
		var pages pooldebug.Handler
		if err := pages.Add("orders", p); err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, httptest.NewRequest("GET", "/?pool=orders&format=json", nil))
		var r pooldebug.Report
		if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		one := r.Pools[0]
		if one.Stats.Histograms == nil || one.Details.Total != 1 || one.Details.Resources[0].Since.IsZero() || !strings.Contains(one.Details.Resources[0].Holder, "owners_test.go:") {
			t.Errorf("%s", w.Body)
		}
		if len(one.Findings) == 0 || !strings.Contains(one.Findings[len(one.Findings)-1], "1 lease is out for longer than LeakAfter.") {
			t.Errorf("findings: %q", one.Findings)
		}
	}},
	"leak reports": {func(p *redispool.Pool) { p.LeakAfter = time.Minute }, func(t *testing.T, p *ownedPool) {
		c := p.take(t)
		time.Sleep(time.Hour)
		put(t, c)
		synctest.Wait()
		leaked, back := p.events.of(resource.EventLeaked), p.events.of(resource.EventLeakReturned)
		if len(leaked) != 1 || len(back) != 1 || !strings.Contains(string(leaked[0].Stack), "owners_test.go:") {
			t.Errorf("%d leaked, %d came back: %+v", len(leaked), len(back), leaked)
		}
	}},
	"WaitReady": {func(p *redispool.Pool) { p.MinIdle = 2 }, func(t *testing.T, p *ownedPool) {
		if err := p.WaitReady(t.Context()); err != nil || p.IdleCount() < 2 {
			t.Errorf("%v, %d idle", err, p.IdleCount())
		}
	}},
	"Terminate": {func(p *redispool.Pool) { p.LeakAfter = time.Hour }, func(t *testing.T, p *ownedPool) {
		c := p.take(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var named *resource.ShutdownError
		if err := p.Terminate(ctx); !errors.As(err, &named) || len(named.Terminated) != 1 || !strings.Contains(string(named.Terminated[0].Stack), "owners_test.go:") {
			t.Errorf("got %v", err)
		}
		if _, err := c.Do("GET", "a"); err == nil {
			t.Error("the borrower can go on")
		}
		c.Close()
	}},
	"ReplaceAhead": {func(p *redispool.Pool) { p.MaxConnLifetime = time.Hour; p.ReplaceAhead = time.Minute }, func(t *testing.T, p *ownedPool) {
		put(t, p.take(t))
		before := p.ResourceStats().Opened
		time.Sleep(59*time.Minute + 30*time.Second)
		if opened, idle := p.ResourceStats().Opened, p.IdleCount(); opened != before+1 || idle != 1 {
			t.Errorf("%d were opened ahead, %d are idle", opened-before, idle)
		}
		time.Sleep(time.Minute)
		put(t, p.take(t))
		if st := p.ResourceStats(); st.Opened != before+1 || st.Closed.TooOld != 1 {
			t.Errorf("%v", st)
		}
	}},
	"shedding": {func(p *redispool.Pool) {
		p.MaxActive = 1
		p.ShedTarget = 10 * time.Millisecond
		p.ShedInterval = 100 * time.Millisecond
	}, func(t *testing.T, p *ownedPool) {
		c := p.take(t)
		if _, err := p.borrow(t.Context()); !errors.Is(err, redispool.ErrShed) {
			t.Errorf("got %v", err)
		}
		put(t, c)
		if n := p.ResourceStats().Shed; n != 1 {
			t.Errorf("%d are shed", n)
		}
	}},
	"reserve": {func(p *redispool.Pool) { p.MaxActive = 2; p.Reserve = 1 }, func(t *testing.T, p *ownedPool) {
		c := p.take(t)
		if _, err := p.GetBackground(t.Context()); !errors.Is(err, redispool.ErrReserved) {
			t.Errorf("got %v", err)
		}
		put(t, p.take(t), c)
	}},
	"errors that say why": {func(p *redispool.Pool) { p.MaxActive = 1; p.WaitTimeout = time.Second; p.ExplainErrors = true }, func(t *testing.T, p *ownedPool) {
		c := p.take(t)
		_, err := p.borrow(t.Context())
		var why *resource.PoolError
		if !errors.Is(err, redispool.ErrWaitTimeout) || !errors.As(err, &why) || !strings.Contains(err.Error(), "waited 1s: ") || !strings.Contains(err.Error(), "1 of 1 active (1 leased, 0 idle)") {
			t.Errorf("got %v", err)
		}
		put(t, c)
	}},
	"tests of idle connections": {func(p *redispool.Pool) { p.TestIdleEvery = time.Minute; p.TestOnBorrow = failsAfterAnHour }, func(t *testing.T, p *ownedPool) {
		put(t, p.take(t))
		time.Sleep(2 * time.Hour)
		if n := p.ResourceStats().Closed.FailedTest; n != 1 {
			t.Errorf("%d have failed", n)
		}
	}},
}

// failsAfterAnHour is a test of a connection.
func failsAfterAnHour(_ redis.Conn, lastUsed time.Time) error {
	if time.Since(lastUsed) > time.Hour {
		return errors.New("too long")
	}
	return nil
}

// TestOwnedPools checks that a pool of a Sentinel, and that of a Cluster's node, honors the fields of any other pool.
func TestOwnedPools(t *testing.T) {
	for owner, run := range owners {
		if testing.Short() && strings.HasPrefix(owner, "Sentinel") {
			continue // the race detector makes them slow, and other tests of a Sentinel run with it
		}
		for name, feature := range ownedFeatures {
			t.Run(owner+"/"+name, func(t *testing.T) {
				p := &ownedPool{Pool: &redispool.Pool{Name: "orders", MaxIdle: 4, Wait: true}}
				p.borrow, p.Observer = p.GetContext, &p.events
				feature.set(p.Pool)
				run(t, p, feature.check)
			})
		}
	}
}
