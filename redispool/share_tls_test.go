package redispool_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

// tlsPool is a pool that shares one connection over TLS.
func tlsPool(t *testing.T, addr string, roots *x509.CertPool) *redispool.Pool {
	p := &redispool.Pool{MaxIdle: 4, Share: 1, Dial: func() (redis.Conn, error) {
		return redis.Dial("tcp", addr, redis.DialUseTLS(true), redis.DialTLSConfig(&tls.Config{RootCAs: roots}))
	}}
	t.Cleanup(func() { p.Close() })
	return p
}

// TestShareTLS has callers share a connection over TLS to a real server. Some leave, and then its connections are killed.
func TestShareTLS(t *testing.T) {
	server := redistest.Start(t)
	addr, roots := behindTLS(t, server.Addr())
	p := tlsPool(t, addr, roots)
	calls := func(cancels bool) (answered, failed int) {
		var mu sync.Mutex
		var wg sync.WaitGroup
		for g := range 16 {
			wg.Go(func() {
				for i := range 21 {
					ctx, cancel := context.WithCancel(context.Background())
					if cancels && i%3 == 0 {
						ctx, cancel = context.WithTimeout(ctx, time.Duration(i)*30*time.Microsecond)
					}
					token := fmt.Sprint(g, "-", i, strings.Repeat("x", i%7*5000)) // of several TLS records
					got, err := redis.String(p.Do(ctx, "ECHO", token))
					cancel()
					mu.Lock()
					switch {
					case err == nil && got == token:
						answered++
					case err == nil:
						t.Errorf("%.20q was answered with %.20q", token, got)
					default:
						failed++
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		return answered, failed
	}
	if answered, failed := calls(false); answered != 16*21 || failed != 0 || p.ShareStats().Calls != 16*21 {
		t.Errorf("%d calls were answered, %d failed: %+v", answered, failed, p.ShareStats())
	}
	if answered, _ := calls(true); answered == 0 || p.ShareStats().Broken != 0 {
		t.Errorf("%d calls were answered: %+v", answered, p.ShareStats())
	}
	killed := make(chan error, 1)
	go func() {
		admin, err := redis.Dial("tcp", server.Addr())
		for err == nil && p.ShareStats().Broken == 0 {
			_, err = admin.Do("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
		}
		killed <- err
	}()
	for p.ShareStats().Broken == 0 {
		calls(false) // some get the error, none another's reply
	}
	if err := <-killed; err != nil {
		t.Error(err)
	}
	for range 20 {
		if _, failed := calls(false); failed == 0 {
			return
		}
	}
	t.Error("calls fail, though nothing is killed any more")
}

// surplus answers the first command on a TLS connection twice, in one record, and each later one with its number.
func surplus(t *testing.T) (addr string, roots *x509.CertPool) {
	l, roots := listenTLS(t)
	var wg sync.WaitGroup
	t.Cleanup(wg.Wait)
	t.Cleanup(func() { l.Close() })
	wg.Go(func() {
		for conns := 0; ; conns++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { answer(c, conns) })
		}
	})
	return l.Addr().String(), roots
}

func answer(c net.Conn, number int) {
	defer c.Close()
	lines := bufio.NewReader(c)
	for {
		for range 3 { // *1, $4, PING
			if _, err := lines.ReadString('\n'); err != nil {
				return
			}
		}
		reply := fmt.Sprintf("+connection %d\r\n", number)
		if number == 0 {
			reply += "+one more\r\n"
		}
		io.WriteString(c, reply)
	}
}

// TestShareTLSSurplus: a surplus reply in the same TLS record is seen, and no later call gets it.
func TestShareTLSSurplus(t *testing.T) {
	addr, roots := surplus(t)
	p := tlsPool(t, addr, roots)
	for i := range 3 {
		if got, err := redis.String(p.Do(t.Context(), "PING")); err != nil || got != fmt.Sprintf("connection %d", min(i, 1)) {
			t.Errorf("call %d: %q, %v", i, got, err)
		}
	}
	if n := p.ShareStats().Broken; n != 1 {
		t.Errorf("%d connections have ended", n)
	}
}
