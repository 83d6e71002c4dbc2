package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/prometheus/client_golang/prometheus"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/redispool"
	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/poolotel"
	"github.com/respool/respool/resource/poolprom"
)

// load has pools, and callers that use them until it is closed.
type load struct {
	registry *prometheus.Registry
	generic  *poolprom.Collector
	redis    *poolprom.Collector
	otel     *poolotel.Exporter

	ctx     context.Context
	cancel  context.CancelFunc
	callers sync.WaitGroup
	closes  []func() error
}

func startLoad() (_ *load, err error) {
	l := &load{
		registry: prometheus.NewRegistry(),
		generic:  poolprom.New(poolprom.Options{}),
		redis:    poolprom.New(poolprom.Options{Namespace: "redis_pool"}),
	}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	l.registry.MustRegister(l.generic, l.redis)
	exporter, err := otelprom.New(otelprom.WithRegisterer(l.registry))
	if err != nil {
		return nil, err
	}
	meters := metric.NewMeterProvider(metric.WithReader(exporter))
	l.closes = append(l.closes, func() error { return meters.Shutdown(context.Background()) })
	if l.otel, err = poolotel.New(poolotel.Options{MeterProvider: meters}); err != nil {
		return nil, err
	}
	if err := errors.Join(l.startSessions(), l.startAll()); err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

// close ends the callers, and closes what they used.
func (l *load) close() (err error) {
	l.cancel()
	l.callers.Wait()
	for i := len(l.closes) - 1; i >= 0; i-- {
		err = errors.Join(err, l.closes[i]())
	}
	return err
}

// startSessions uses two pools of connections to an embedded Redis. The callers of one share its
// connections.
func (l *load) startSessions() error {
	server, err := miniredis.Run()
	if err != nil {
		return err
	}
	pool := &redispool.Pool{
		Name: "sessions", Observer: l.otel, Histograms: true,
		Dial:      func() (redispool.Conn, error) { return redispool.Dial("tcp", server.Addr()) },
		MaxActive: 6, MaxIdle: 4, MaxConnUses: 50, Wait: true, TestOnBorrowContext: redispool.TestPing(0),
	}
	cache := &redispool.Pool{
		Name: "cache", Observer: l.otel, Histograms: true,
		Dial:      func() (redispool.Conn, error) { return redispool.Dial("tcp", server.Addr()) },
		MaxActive: 4, MaxIdle: 4, Share: 2,
	}
	l.closes = append(l.closes, func() error { server.Close(); return nil }, pool.Close, cache.Close)
	l.callersOf(8, func() {
		conn, err := pool.GetContext(l.ctx)
		if err != nil {
			return
		}
		defer conn.Close()
		conn.Do("INCR", "visits")
		pause(2 * time.Millisecond)
	})
	l.callersOf(8, func() {
		cache.Do(l.ctx, "GET", "visits")
		pause(2 * time.Millisecond)
	})
	return errors.Join(l.redis.Add("sessions", pool.ResourceStats), l.otel.Add("sessions", pool.ResourceStats),
		l.redis.Add("cache", cache.ResourceStats), l.otel.Add("cache", cache.ResourceStats))
}

// malady is what is wrong with a pool.
type malady struct {
	name    string
	config  resource.Config[int]
	callers int
	hold    time.Duration // how long a caller holds a resource, on average
}

var errDown = errors.New("the other end is down")

func maladies() []malady {
	fast := func(context.Context) (int, error) { pause(3 * time.Millisecond); return 0, nil }
	noTest := policy.BorrowTest[int]{}
	return []malady{
		{"healthy", resource.Config[int]{Open: fast, MaxActive: 8, MaxIdle: 8}, 4, 5 * time.Millisecond},
		{"small", resource.Config[int]{Open: fast, MaxActive: 3, WaitTimeout: 15 * time.Millisecond}, 12, 5 * time.Millisecond},
		{"down", resource.Config[int]{Open: func(ctx context.Context) (int, error) {
			if rand.IntN(2) == 0 {
				return 0, errDown
			}
			return fast(ctx)
		}, MaxActive: 8, Lifetime: policy.MaxUses(3)}, 4, 5 * time.Millisecond},
		{"dead", resource.Config[int]{Open: fast, MaxActive: 8, BorrowTest: sometimesDead()}, 4, 5 * time.Millisecond},
		{"hanging", resource.Config[int]{Open: fast, MaxActive: 8, BorrowTest: noTest, Lifetime: policy.MaxUses(20),
			CloseTimeout: 5 * time.Millisecond, Close: func(int) error { time.Sleep(20 * time.Millisecond); return nil }}, 4, 5 * time.Millisecond},
		{"leaking", resource.Config[int]{Open: fast, MaxActive: 2, LeakAfter: time.Second}, 4, 0},
		{"losing", resource.Config[int]{Open: fast, MaxActive: 8, Reclaim: true}, 4, 5 * time.Millisecond},
	}
}

// sometimesDead is a test that finds one resource of twenty dead.
func sometimesDead() policy.BorrowTest[int] {
	return policy.Test(func(context.Context, int, time.Time) error {
		pause(200 * time.Microsecond)
		if rand.IntN(20) == 0 {
			return errDown
		}
		return nil
	})
}

func (l *load) startAll() error {
	for _, m := range maladies() {
		m.config.Name, m.config.Observer, m.config.Histograms = m.name, l.otel, true
		pool, err := resource.New(m.config)
		if err != nil {
			return err
		}
		l.closes = append(l.closes, pool.Close)
		if err := errors.Join(l.generic.Add(m.name, pool.Stats), l.otel.Add(m.name, pool.Stats, poolotel.MinIdle(1))); err != nil {
			return err
		}
		l.callersOf(m.callers, func() {
			lease, err := pool.Acquire(l.ctx)
			if err != nil {
				pause(5 * time.Millisecond)
				return
			}
			if m.hold == 0 { // it leaks, until the end
				<-l.ctx.Done()
			}
			pause(m.hold)
			if m.config.Reclaim && rand.IntN(100) == 0 {
				return // the garbage collector finds the lease
			}
			lease.Release()
			pause(m.hold)
		})
	}
	return nil
}

// callersOf starts callers that do something again and again.
func (l *load) callersOf(n int, do func()) {
	for range n {
		l.callers.Go(func() {
			for l.ctx.Err() == nil {
				do()
			}
		})
	}
}

// pause waits for an exponential time with this mean.
func pause(mean time.Duration) {
	time.Sleep(time.Duration(rand.ExpFloat64() * float64(mean)))
}
