package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/respool/respool/resource"
)

// mailServer refuses recipients, and falls silent, when a test asks for it. It follows the rules of SMTP about transactions.
type mailServer struct {
	mu     sync.Mutex
	said   []string // commands of clients, without the text of mails
	open   int      // connections
	silent string   // after this verb the server does not answer any more
}

func (s *mailServer) dial(context.Context) (net.Conn, error) {
	client, server := net.Pipe()
	s.count(1)
	go func() {
		defer s.count(-1)
		defer server.Close()
		s.serve(server)
	}()
	return client, nil
}

func (s *mailServer) count(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open += n
}

// hears notes a command, and reports whether to answer it.
func (s *mailServer) hears(line string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said = append(s.said, line)
	return s.silent == "" || !strings.HasPrefix(line, s.silent)
}

func (s *mailServer) serve(conn net.Conn) {
	in := bufio.NewScanner(conn)
	answer := func(text string) { fmt.Fprintf(conn, "%s\r\n", text) }
	answer("220 mail.example")
	began := false
	for in.Scan() {
		line := in.Text()
		if !s.hears(line) {
			for in.Scan() { // to the end of the connection
			}
			return
		}
		switch verb, rest, _ := strings.Cut(line, " "); {
		case verb == "MAIL" && began:
			answer("503 5.5.1 nested MAIL command")
		case verb == "MAIL":
			began = true
			answer("250 ok")
		case verb == "RCPT" && strings.Contains(rest, "nobody"):
			answer("550 5.1.1 no such user")
		case verb == "RCPT" && strings.Contains(rest, "full"):
			answer("421 4.3.2 closing")
		case verb == "DATA":
			answer("354 go on")
			for in.Scan() && in.Text() != "." {
			}
			began = false
			answer("250 queued")
		case verb == "RSET":
			began = false
			answer("250 ok")
		default:
			answer("250 ok")
		}
	}
}

// post is what a test needs: a bubble, a server, and a pool.
type post struct {
	t      *testing.T
	server *mailServer
	pool   *resource.Pool[*mailer]
}

func inPost(t *testing.T, silent string, f func(p *post)) {
	synctest.Test(t, func(t *testing.T) {
		p := &post{t: t, server: &mailServer{silent: silent}}
		pool, err := newMailPool(p.server.dial)
		if err != nil {
			t.Fatal(err)
		}
		p.pool = pool
		f(p)
		pool.Close()
		p.open(0)
	})
}

func (p *post) mail(to string) error {
	ctx, cancel := context.WithTimeout(p.t.Context(), 5*time.Second)
	defer cancel()
	return mail(ctx, p.pool, "me@client.example", to, []byte("hello\r\n"))
}

// open checks how many connections the server has.
func (p *post) open(want int) {
	p.t.Helper()
	synctest.Wait()
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	if p.server.open != want {
		p.t.Errorf("%d connections are open, want %d", p.server.open, want)
	}
}

func code(err error) int {
	var answer *textproto.Error
	if errors.As(err, &answer) {
		return answer.Code
	}
	return 0
}

func TestMailAfterARefusedOne(t *testing.T) {
	inPost(t, "", func(p *post) {
		for _, to := range []string{"you", "nobody", "you", "nobody"} {
			if err := p.mail(to + "@mail.example"); to == "you" && err != nil || to == "nobody" && code(err) != 550 {
				t.Errorf("to %s: %v", to, err)
			}
		}
		p.open(1)
		verbs := slices.Clone(p.server.said)
		for i, line := range verbs {
			verbs[i], _, _ = strings.Cut(line, " ")
		}
		want := []string{"EHLO", "MAIL", "RCPT", "DATA", "MAIL", "RCPT", "RSET", "MAIL", "RCPT", "DATA", "MAIL", "RCPT", "RSET"}
		if diff := cmp.Diff(want, verbs); diff != "" {
			t.Errorf("the server has heard (-want, +got):\n%s", diff)
		}
	})
}

// TestMailServerFallsSilent makes the server fall silent at each command. The caller returns when its time is up, and no
// connection stays open.
func TestMailServerFallsSilent(t *testing.T) {
	for _, verb := range []string{"EHLO", "MAIL", "RCPT", "DATA"} {
		t.Run(verb, func(t *testing.T) {
			inPost(t, verb, func(p *post) {
				began := time.Now()
				if err := p.mail("you@mail.example"); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%v, want a deadline that is exceeded", err)
				}
				if took := time.Since(began); took != 5*time.Second {
					t.Errorf("the caller came back after %v", took)
				}
				p.open(0)
			})
		})
	}
	t.Run("RSET", func(t *testing.T) {
		inPost(t, "RSET", func(p *post) {
			if err := p.mail("nobody@mail.example"); code(err) != 550 {
				t.Error(err)
			}
			p.open(0)
		})
	})
	t.Run("NOOP", func(t *testing.T) {
		inPost(t, "NOOP", func(p *post) {
			for range 2 {
				if err := p.mail("you@mail.example"); err != nil {
					t.Error(err)
				}
				time.Sleep(30 * time.Second)
			}
			p.open(1) // the second one; the first failed its test
		})
	})
}

func TestMailServerThatCloses(t *testing.T) {
	inPost(t, "", func(p *post) {
		if err := p.mail("full@mail.example"); code(err) != 421 {
			t.Error(err)
		}
		p.open(0)
	})
}
