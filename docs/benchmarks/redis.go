package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/gomodule/redigo/redis"
	goredis "github.com/redis/go-redis/v9"

	"github.com/respool/respool/redispool"
)

// server is a redis-server on a free port of the loopback interface.
type server struct {
	addr string
	cmd  *exec.Cmd
}

// startServer returns nil where no redis-server is installed.
func startServer() (*server, error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := l.Addr().(*net.TCPAddr)
	l.Close()
	cmd := exec.Command(path, "--bind", "127.0.0.1", "--port", fmt.Sprint(addr.Port), "--save", "", "--appendonly", "no", "--maxclients", "1000")
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &server{addr.String(), cmd}
	for range 500 {
		if c, err := redis.Dial("tcp", s.addr, redis.DialConnectTimeout(time.Second)); err == nil {
			_, err = c.Do("SET", "key", "value")
			c.Close()
			if err == nil {
				return s, nil
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.stop()
	return nil, fmt.Errorf("redis-server does not answer on %s", s.addr)
}

func (s *server) stop() {
	if s != nil {
		s.cmd.Process.Kill()
		s.cmd.Wait()
	}
}

const (
	realServer = "redis-server"
	embedded   = "miniredis"
)

// address is where a sample finds its server.
func address(b *testing.B, kind string) string {
	if kind == realServer {
		if addr := os.Getenv(redisEnv); addr != "" {
			return addr
		}
		b.Skip("no redis-server")
	}
	m, err := miniredis.Run()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(m.Close)
	m.Set("key", "value")
	return m.Addr()
}

func redisCases() (all []benchCase) {
	for _, timed := range []bool{false, true} {
		work := "redis-conn/bare"
		if timed {
			work = "redis-conn/timeouts"
		}
		for _, c := range []string{redisOurs, redigo} {
			all = append(all, benchCase{work: work, contender: c, procs: 2, bench: func(b *testing.B) {
				t := &connTaker{dialed(c, address(b, realServer), timed)}
				defer t.close()
				t.p.Get().Close()
				t.serial(b)
			}})
		}
	}
	for _, kind := range []string{realServer, embedded} {
		for _, n := range []int{1, 16, 256} {
			for _, c := range []string{redisOurs, redigo, goRedis} {
				all = append(all, benchCase{
					work: fmt.Sprintf("GET/%s/%d-goroutines", kind, n), contender: c, procs: 2, latency: true,
					bench: func(b *testing.B) { endToEnd(b, c, address(b, kind), n) },
				})
			}
		}
	}
	return all
}

func (c *benchCase) needsServer() bool {
	return strings.Contains(c.work, realServer) || strings.HasPrefix(c.work, "redis-conn")
}

const places = 16

func dialed(contender, addr string, timed bool) connPool {
	dial := func() (redis.Conn, error) { return redis.Dial("tcp", addr) }
	idle, life := time.Duration(0), time.Duration(0)
	if timed {
		idle, life = idleTimeout, lifetime
	}
	if contender == redigo {
		return &redis.Pool{Dial: dial, MaxIdle: places, MaxActive: places, Wait: true, IdleTimeout: idle, MaxConnLifetime: life}
	}
	return &redispool.Pool{Dial: dial, MaxIdle: places, MaxActive: places, Wait: true, IdleTimeout: idle, MaxConnLifetime: life}
}

// getter does one GET. It takes a connection for it and gives it back.
func getter(contender, addr string) (get func(context.Context) error, end func()) {
	if contender == goRedis {
		c := goredis.NewClient(&goredis.Options{
			Addr: addr, Protocol: 2, PoolSize: places, MaxActiveConns: places, PoolTimeout: time.Minute,
			ConnMaxIdleTime: idleTimeout, ConnMaxLifetime: lifetime, DisableIdentity: true,
		})
		return func(ctx context.Context) error { return c.Get(ctx, "key").Err() }, func() { c.Close() }
	}
	p := dialed(contender, addr, true)
	return func(ctx context.Context) error {
		c, err := p.GetContext(ctx)
		if err != nil {
			return err
		}
		defer c.Close()
		_, err = redis.Bytes(c.Do("GET", "key"))
		return err
	}, func() { p.Close() }
}

// endToEnd has n goroutines share 16 connections.
func endToEnd(b *testing.B, contender, addr string, n int) {
	get, end := getter(contender, addr)
	defer end()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if err := get(ctx); err != nil {
		b.Fatal(err)
	}
	var all sync.WaitGroup
	took := make([][]time.Duration, n)
	b.ResetTimer()
	for i := range n {
		cycles := b.N / n
		if i < b.N%n {
			cycles++
		}
		all.Go(func() {
			mine := make([]time.Duration, 0, cycles)
			for range cycles {
				mine = append(mine, since(func() {
					if err := get(ctx); err != nil {
						b.Error(err)
					}
				}))
			}
			took[i] = mine
		})
	}
	all.Wait()
	b.StopTimer()
	joined := slices.Concat(took...)
	slices.Sort(joined)
	at := func(q float64) float64 { return float64(joined[int(q*float64(len(joined)-1))]) }
	b.ReportMetric(at(0.5), "p50-ns")
	b.ReportMetric(at(0.99), "p99-ns")
	b.ReportMetric(at(0.999), "p999-ns")
}
