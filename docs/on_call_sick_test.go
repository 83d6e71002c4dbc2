package docs_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/resource/pooldebug"
	"github.com/respool/respool/resource/poollog"
)

// sick is a pool in trouble, and what its user, its page and its log say.
type sick struct {
	*testing.T
	pool    *redispool.Pool
	page    pooldebug.Handler
	lines   lockedLines
	dials   func(ctx context.Context) error // how a dial ends
	closes  func()
	callers context.Context
	leave   func()
	taken   []redispool.Conn
	after   []func()
}

func newSick(t *testing.T) *sick {
	s := &sick{T: t, dials: func(context.Context) error { return nil }, closes: func() {}}
	s.callers, s.leave = context.WithCancel(t.Context())
	s.pool = &redispool.Pool{
		Name: "sessions", Histograms: true, ExplainErrors: true,
		Observer:  poollog.New(s.log(), poollog.Options{}),
		MaxActive: 4, MaxIdle: 4, Wait: true,
		DialContext: func(ctx context.Context) (redispool.Conn, error) {
			time.Sleep(time.Millisecond)
			if err := s.dials(ctx); err != nil {
				return nil, err
			}
			return &silent{s: s}, nil
		},
	}
	if err := s.page.Add("sessions", s.pool); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *sick) log() *slog.Logger {
	return slog.New(slog.NewTextHandler(&s.lines, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
}

// silent is a connection to a server that answers everything.
type silent struct{ s *sick }

func (c *silent) Close() error                   { c.s.closes(); return nil }
func (c *silent) Err() error                     { return nil }
func (c *silent) Do(string, ...any) (any, error) { return "OK", nil }
func (c *silent) Send(string, ...any) error      { return nil }
func (c *silent) Flush() error                   { return nil }
func (c *silent) Receive() (any, error)          { return "OK", nil }

// take gets n connections and keeps them.
func (s *sick) take(n int) {
	s.Helper()
	for range n {
		c, err := s.pool.GetContext(s.Context())
		if err != nil {
			s.Fatal(err)
		}
		s.taken = append(s.taken, c)
	}
}

func (s *sick) giveBack() {
	for _, c := range s.taken {
		c.Close()
	}
	s.taken = nil
}

// wait has n callers wait until the test is over.
func (s *sick) wait(n int) {
	for range n {
		go func() {
			if c, err := s.pool.GetContext(s.callers); err == nil {
				c.Close()
			}
		}()
		synctest.Wait()
	}
}

// refused has a caller get an error.
func (s *sick) refused(ctx context.Context) {
	s.Helper()
	c, err := s.pool.GetContext(ctx)
	if err == nil {
		c.Close()
		s.Fatal("there is a connection")
	}
	s.say(err)
}

func (s *sick) say(err error) { s.lines.WriteString(err.Error() + "\n") }

// ask asks the page.
func (s *sick) ask() {
	w := httptest.NewRecorder()
	s.page.ServeHTTP(w, httptest.NewRequest("GET", "/debug/pools?pool=sessions&format=text", nil))
	s.lines.Write(w.Body.Bytes())
}

func (s *sick) end() {
	s.leave()
	s.giveBack()
	s.pool.Close()
	time.Sleep(10 * time.Minute) // until every call has returned
	for _, f := range s.after {
		f()
	}
}

// lockedLines is what pools and programs write, from any goroutine.
type lockedLines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lockedLines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lockedLines) WriteString(s string) { l.Write([]byte(s)) }

func (l *lockedLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// said reports whether some line is as a quote has it.
func (s *sick) said(quote string) bool {
	pattern := strings.ReplaceAll(regexp.QuoteMeta(strings.Join(strings.Fields(quote), " ")), "…", ".*")
	re := regexp.MustCompile("^" + pattern + "$")
	for line := range strings.Lines(s.lines.String()) {
		if re.MatchString(strings.Join(strings.Fields(line), " ")) {
			return true
		}
	}
	return false
}
