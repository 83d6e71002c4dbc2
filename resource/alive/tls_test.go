package alive_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"runtime"
	"testing"

	"github.com/respool/respool/resource/alive"
)

// encrypted returns the two ends of a connection under TLS, after the first byte has gone each way. raw is the client's
// connection below.
func encrypted(t *testing.T) (raw net.Conn, client, server *tls.Conn) {
	t.Helper()
	web := httptest.NewTLSServer(nil) // for its certificate
	defer web.Close()
	raw, below := pair(t, "tcp")
	client = tls.Client(raw, &tls.Config{InsecureSkipVerify: true})
	server = tls.Server(below, &tls.Config{Certificates: web.TLS.Certificates})
	answered := make(chan error, 1)
	go func() {
		_, err := io.CopyN(server, server, 1)
		answered <- err
	}()
	var one [1]byte
	if _, err := client.Write(one[:]); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(client, one[:]); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil {
		t.Fatal(err)
	}
	return raw, client, server
}

// TestCheckUnderTLS says what a check sees under TLS, and what not.
func TestCheckUnderTLS(t *testing.T) {
	sighted(t)
	for _, c := range []struct {
		name string
		do   func(raw net.Conn, server *tls.Conn)
		want error
	}{
		{"without a word the connection below ends", func(_ net.Conn, server *tls.Conn) { server.NetConn().Close() }, alive.ErrPeerClosed},
		{"the session ends, and then the connection below", func(_ net.Conn, server *tls.Conn) { server.Close() }, behind()},
		{"the session ends, and the connection below stays", func(raw net.Conn, server *tls.Conn) {
			server.CloseWrite()
			arrive(t, raw)
		}, nil},
		{"bytes that nobody reads", func(raw net.Conn, server *tls.Conn) {
			io.WriteString(server, "ticket or not")
			arrive(t, raw)
		}, nil},
	} {
		for name, of := range map[string]func(raw net.Conn, client *tls.Conn) *alive.Socket{
			"the connection":       func(_ net.Conn, client *tls.Conn) *alive.Socket { return alive.New(client) },
			"the connection below": func(raw net.Conn, _ *tls.Conn) *alive.Socket { return alive.UnderTLS(raw) },
		} {
			t.Run(c.name+", "+name, func(t *testing.T) {
				raw, client, server := encrypted(t)
				s := of(raw, client)
				if err := s.Check(); err != nil {
					t.Fatalf("before: %v", err)
				}
				c.do(raw, server)
				var err error
				if c.want == nil {
					err = s.Check()
				} else {
					err = until(s, failed)
				}
				if !errors.Is(err, c.want) {
					t.Errorf("%v, want %v", err, c.want)
				}
			})
		}
	}
}

// behind is what a check finds where the end of the connection stands behind unread bytes.
func behind() error {
	if runtime.GOOS == "linux" {
		return alive.ErrPeerClosed
	}
	return nil
}

// arrive waits until bytes have arrived that nobody has read.
func arrive(t *testing.T, raw net.Conn) {
	t.Helper()
	if err := until(alive.New(raw), failed); !errors.Is(err, alive.ErrUnread) {
		t.Fatalf("nothing has arrived: %v", err)
	}
}
