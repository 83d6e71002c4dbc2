package resource_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/respool/respool/resource"
)

// tenantServer is a real server on loopback. It counts the connections that it has, over
// all tenants: a client says first whose connection it is.
type tenantServer struct {
	*net.TCPListener
	handlers sync.WaitGroup

	mu       sync.Mutex
	conns    int
	byTenant map[string]int
	most     int
	mostOf   int // one tenant
}

func newTenantServer(t *testing.T) *tenantServer {
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	s := &tenantServer{TCPListener: l, byTenant: map[string]int{}}
	s.handlers.Go(func() {
		for {
			c, err := l.AcceptTCP()
			if err != nil {
				return
			}
			s.handlers.Go(func() { s.serve(c) })
		}
	})
	return s
}

func (s *tenantServer) note(tenant string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns += n
	s.byTenant[tenant] += n
	s.most, s.mostOf = max(s.most, s.conns), max(s.mostOf, s.byTenant[tenant])
}

// serve answers each line with itself. When the client has closed its side, the server
// stops counting the connection before it closes it.
func (s *tenantServer) serve(c *net.TCPConn) {
	defer c.Close()
	in := bufio.NewReader(c)
	tenant, err := in.ReadString('\n')
	if err != nil {
		return
	}
	s.note(tenant, 1)
	io.WriteString(c, tenant)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			break
		}
		io.WriteString(c, line)
	}
	s.note(tenant, -1)
}

// tenantConn is a client's connection.
type tenantConn struct {
	*net.TCPConn
	in *bufio.Reader
}

func (s *tenantServer) dial(ctx context.Context, tenant string) (*tenantConn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", s.Addr().String())
	if err != nil {
		return nil, err
	}
	conn := &tenantConn{c.(*net.TCPConn), bufio.NewReader(c)}
	if err := conn.echo(tenant); err != nil {
		conn.TCPConn.Close()
		return nil, err
	}
	return conn, nil
}

func (c *tenantConn) echo(line string) error {
	if _, err := io.WriteString(c, line+"\n"); err != nil {
		return err
	}
	got, err := c.in.ReadString('\n')
	if err == nil && strings.TrimSuffix(got, "\n") != line {
		err = fmt.Errorf("sent %q, got %q", line, got)
	}
	return err
}

// Close waits until the server has seen the end of the connection. So the pool never
// counts fewer than the server does.
func (c *tenantConn) Close() error {
	if err := c.CloseWrite(); err != nil {
		return err
	}
	io.Copy(io.Discard, c.in)
	return c.TCPConn.Close()
}

// TestKeyedSockets: 64 callers, 200 tenants, 32 connections in all. The limits hold at
// every instant as the server counts, no caller starves, and nothing is left after Close.
func TestKeyedSockets(t *testing.T) {
	const callers, tenants, total, perTenant = 64, 200, 32, 8
	cycles := 40
	if testing.Short() {
		cycles = 8
	}
	server := newTenantServer(t)
	k, err := resource.NewKeyed(resource.KeyedConfig[string, *tenantConn]{
		MaxActive: total,
		Config: func(tenant string) (resource.Config[*tenantConn], error) {
			return resource.Config[*tenantConn]{
				MaxActive: perTenant,
				Open:      func(ctx context.Context) (*tenantConn, error) { return server.dial(ctx, tenant) },
				Close:     (*tenantConn).Close,
			}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	var sum, longest time.Duration
	for i := range callers {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 3))
			zipf := rand.NewZipf(r, 1.3, 1, tenants-1)
			for range cycles {
				tenant := fmt.Sprintf("tenant %d", zipf.Uint64())
				began := time.Now()
				err := k.Do(context.Background(), tenant, func(_ context.Context, c *tenantConn) error {
					wait := time.Since(began)
					mu.Lock()
					sum, longest = sum+wait, max(longest, wait)
					mu.Unlock()
					if err := c.echo("hello"); err != nil {
						return resource.Broken(err)
					}
					if r.IntN(20) == 0 {
						return resource.Broken(io.EOF)
					}
					return nil
				})
				if err != nil && err.Error() != io.EOF.Error() {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	t.Logf("a wait of %v on average, the longest %v; %v", sum/time.Duration(callers*cycles), longest, k.Stats())
	if err := k.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	server.Close()
	server.handlers.Wait()
	if server.most > total || server.mostOf > perTenant || server.conns != 0 {
		t.Errorf("the server has seen %d at a time, %d of one tenant, and %d are left", server.most, server.mostOf, server.conns)
	}
	if st := k.Stats(); st.Active != 0 || st.Waiting != 0 || st.Opened != st.Closed.Total() || st.Closed.Displaced == 0 {
		t.Errorf("got %v", st)
	}
}
