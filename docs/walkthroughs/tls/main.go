// Tls makes a pool whose connections use TLS and a password, and changes the password while the pool is in use.
//
//	go run ./docs/walkthroughs/tls
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/respool/respool/docs/internal/walkthrough"
	redis "github.com/respool/respool/redispool"
)

func main() { walkthrough.MainAlone("tls", run) }

func run(out io.Writer) error {
	srv, err := startServer("app", "first")
	if err != nil {
		return err
	}
	defer srv.Close()
	if err := wrongServer(out, srv.Addr()); err != nil {
		return err
	}
	if err := rotate(out, srv); err != nil {
		return err
	}
	return renew(out, srv)
}

// #region secret

// secret has the password that is valid now. A real program reads it from a file or a secret store, and keeps it for a while.
type secret struct{ password atomic.Pointer[string] }

func newSecret(password string) *secret {
	s := new(secret)
	s.set(password)
	return s
}

func (s *secret) set(password string)                       { s.password.Store(&password) }
func (s *secret) current(_ context.Context) (string, error) { return *s.password.Load(), nil }

// #endregion secret

// #region pool
func newPool(addr string, roots *x509.CertPool, s *secret) *redis.Pool {
	return &redis.Pool{
		MaxActive: 4,
		MaxIdle:   4,
		Wait:      true,
		DialContext: func(ctx context.Context) (redis.Conn, error) {
			password, err := s.current(ctx) // at each dial, and not once when the pool is made
			if err != nil {
				return nil, err
			}
			return redis.DialContext(ctx, "tcp", addr,
				redis.DialUseTLS(true),
				redis.DialTLSConfig(tlsConfig(roots)),
				redis.DialTLSHandshakeTimeout(2*time.Second),
				redis.DialConnectTimeout(2*time.Second),
				redis.DialReadTimeout(2*time.Second),
				redis.DialWriteTimeout(2*time.Second),
				redis.DialUsername("app"),
				redis.DialPassword(password),
			)
		},
		MaxConnLifetime:       30 * time.Minute,
		MaxConnLifetimeJitter: 5 * time.Minute,
	}
}

// #endregion pool

// #region tls
func tlsConfig(roots *x509.CertPool) *tls.Config {
	return &tls.Config{
		RootCAs:    roots, // nil: those of the system
		MinVersion: tls.VersionTLS12,
	}
}

// #endregion tls

// wrongServer dials a server whose certificate no authority has signed.
func wrongServer(out io.Writer, addr string) error {
	pool := newPool(addr, x509.NewCertPool(), newSecret("first"))
	defer pool.Close()
	fmt.Fprintf(out, "%-38s %s\n", "a certificate that nobody vouches for", answer(pool))
	return nil
}

// answer is what a request gets.
func answer(pool *redis.Pool) string {
	conn := pool.Get()
	defer conn.Close()
	reply, err := redis.String(conn.Do("PING"))
	if err != nil {
		return err.Error()
	}
	return reply
}
