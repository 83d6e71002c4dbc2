package redispool

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
)

// oddServer is a server that answers ECHO, and does something odd after some replies on each of its first connections.
type oddServer struct {
	after int // replies
	odd   func(c net.Conn, token string) (goesOn bool)
}

const oddConnections = 8

func (s *oddServer) start(t *testing.T) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	t.Cleanup(func() { l.Close(); wg.Wait() })
	wg.Go(func() {
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				s.serve(c, n < oddConnections)
			})
		}
	})
	return l.Addr().String()
}

func (s *oddServer) serve(c net.Conn, odd bool) {
	in := bufio.NewReader(c)
	for n := 0; ; n++ {
		token := ""
		if !odd || n != s.after || s.after > 0 {
			for range 5 { // *2, $4, ECHO, $length, token
				line, err := in.ReadString('\n')
				if err != nil {
					return
				}
				token = strings.TrimSpace(line)
			}
		}
		if odd && n == s.after {
			if !s.odd(c, token) {
				return
			}
			continue
		}
		fmt.Fprintf(c, "$%d\r\n%s\r\n", len(token), token)
	}
}

// TestShareOddServers: whatever a server does, nobody gets another's reply, each caller gets an outcome, and the calls go on
// over the next connection.
func TestShareOddServers(t *testing.T) {
	for name, c := range map[string]struct {
		oddServer
		fails  func(error) bool
		broken bool
	}{
		"dies in a reply": {oddServer{20, func(c net.Conn, token string) bool { fmt.Fprintf(c, "$100\r\n%s", token); return false }},
			func(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) || isReset(err) }, true},
		"dies between replies": {oddServer{20, func(net.Conn, string) bool { return false }},
			func(err error) bool { return errors.Is(err, io.EOF) || isReset(err) }, true},
		"speaks another protocol": {oddServer{20, func(c net.Conn, _ string) bool { fmt.Fprintf(c, "%%1\r\n+a\r\n+b\r\n"); return true }},
			func(err error) bool { return strings.Contains(err.Error(), "unexpected response line") || isReset(err) }, true},
		"has no room": {oddServer{0, func(c net.Conn, _ string) bool {
			fmt.Fprintf(c, "-ERR max number of clients reached\r\n")
			return false
		}},
			func(err error) bool {
				return strings.Contains(err.Error(), "max number") || errors.Is(err, io.EOF) || isReset(err)
			}, false},
		"is loading": {oddServer{20, func(c net.Conn, _ string) bool { fmt.Fprintf(c, "-LOADING Redis is loading\r\n"); return true }},
			func(err error) bool { return strings.HasPrefix(err.Error(), "LOADING") }, false},
		"refuses the user": {oddServer{20, func(c net.Conn, _ string) bool {
			fmt.Fprintf(c, "-NOPERM this user has no permissions\r\n")
			return true
		}},
			func(err error) bool { return strings.HasPrefix(err.Error(), "NOPERM") }, false},
		"does not know the user": {oddServer{20, func(c net.Conn, _ string) bool { fmt.Fprintf(c, "-NOAUTH Authentication required.\r\n"); return true }},
			func(err error) bool { return strings.HasPrefix(err.Error(), "NOAUTH") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := sharingPool(t, c.start(t), 2, redis.DialReadTimeout(30*time.Second))
			var wg sync.WaitGroup
			var mu sync.Mutex
			failed := 0
			for g := range 8 {
				wg.Go(func() {
					for i := range 100 {
						token := fmt.Sprintf("%d-%d", g, i)
						got, err := redis.String(p.Do(context.Background(), "ECHO", token))
						mu.Lock()
						switch {
						case err != nil:
							if failed++; !c.fails(err) {
								t.Errorf("%v", err)
							}
						case got != token:
							t.Errorf("%q was answered with %q", token, got)
						}
						mu.Unlock()
					}
				})
			}
			wg.Wait()
			atRest(t, p)
			if st := p.ShareStats(); failed == 0 || c.broken && st.Broken == 0 {
				t.Errorf("nothing odd has happened: %d calls failed, %+v", failed, st)
			}
			if got, err := redis.String(p.Do(context.Background(), "ECHO", "last")); got != "last" && !c.fails(err) {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

// isReset reports whether the other side had closed the connection during a write or a read.
func isReset(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && !op.Timeout()
}
