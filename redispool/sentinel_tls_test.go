package redispool_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

// TestSentinelTLS reaches the sentinel over TLS and the master without.
func TestSentinelTLS(t *testing.T) {
	server := redistest.Start(t)
	addr, roots := behindTLS(t, redistest.StartSentinel(t, "mymaster", server, 1).Addr())
	with := func(options ...redis.DialOption) error {
		s := &redispool.Sentinel{Addrs: []string{addr}, MasterName: "mymaster", SentinelDialOptions: options,
			Timeout: 20 * time.Second} // on a busy machine a handshake may take longer than a second
		defer s.Close()
		p := s.Master(&redispool.Pool{})
		defer p.Close()
		return write(p, "key")
	}
	if err := with(redis.DialUseTLS(true), redis.DialTLSConfig(&tls.Config{RootCAs: roots})); err != nil {
		t.Error(err)
	}
	if err := with(redis.DialUseTLS(true)); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("with an unknown authority: %v", err)
	}
}

// listenTLS listens on the loopback interface, and returns the pool that has its certificate.
func listenTLS(t *testing.T) (net.Listener, *x509.CertPool) {
	cert := httptest.NewTLSServer(http.NotFoundHandler()) // only for its certificate
	cert.Close()
	roots := x509.NewCertPool()
	roots.AddCert(cert.Certificate())
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: cert.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	return l, roots
}

// behindTLS accepts connections with TLS and passes their bytes to an address.
func behindTLS(t *testing.T, addr string) (string, *x509.CertPool) {
	l, roots := listenTLS(t)
	var wg sync.WaitGroup
	t.Cleanup(wg.Wait)
	t.Cleanup(func() { l.Close() })
	wg.Go(func() {
		for {
			theirs, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { pass(theirs, addr) })
		}
	})
	return l.Addr().String(), roots
}

// pass copies both ways until one side ends.
func pass(theirs net.Conn, addr string) {
	defer theirs.Close()
	ours, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	defer ours.Close()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer ours.Close()
	wg.Go(func() {
		defer theirs.Close()
		io.Copy(theirs, ours)
	})
	io.Copy(ours, theirs)
}
