package redispool

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"
)

// breaking is a server whose connections break instead of a reply.
type breaking struct {
	mu       sync.Mutex
	breaks   int           // replies that do not come
	takes    time.Duration // each reply, or break
	dialable int           // connections
	sent     []string
}

var errNoDialLeft = errors.New("nobody listens")

func (s *breaking) dial() (redis.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dialable--; s.dialable < 0 {
		return nil, errNoDialLeft
	}
	return &breakingConn{server: s}, nil
}

type breakingConn struct {
	server *breaking
	err    error // guarded by the server's lock
}

func (c *breakingConn) Send(cmd string, args ...any) error {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.server.sent = append(c.server.sent, cmd)
	return nil
}

func (c *breakingConn) Receive() (any, error) {
	time.Sleep(c.server.takes)
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	if c.server.breaks--; c.server.breaks >= 0 {
		c.err = io.EOF
		return nil, c.err
	}
	return "OK", nil
}

func (c *breakingConn) Err() error {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	return c.err
}

func (c *breakingConn) Do(cmd string, args ...any) (any, error) {
	if cmd == "" {
		return nil, nil
	}
	c.Send(cmd, args...)
	return c.Receive()
}

func (c *breakingConn) DoWithTimeout(_ time.Duration, cmd string, args ...any) (any, error) {
	return c.Do(cmd, args...)
}

func (c *breakingConn) ReceiveWithTimeout(time.Duration) (any, error) { return c.Receive() }
func (c *breakingConn) Flush() error                                  { return nil }
func (c *breakingConn) Close() error                                  { return nil }

// repeatCase is one call whose first connection breaks.
type repeatCase struct {
	breaks   int // 0: once
	dialable int // 0: any number
	takes    time.Duration
	named    []string      // the commands of ShareRepeat; nil: there is none
	cancels  bool          // ShareRepeat ends the context
	thinks   time.Duration // ShareRepeat, before it answers
	call     func(ctx context.Context, p *Pool) (any, error)

	sent    int
	fails   error
	says    string
	elapsed time.Duration
}

func getOnce(ctx context.Context, p *Pool) (any, error) { return p.Do(ctx, "GET", "key") }

var repeatCases = map[string]repeatCase{
	"off":             {call: getOnce, sent: 1, fails: io.EOF},
	"named":           {call: getOnce, named: []string{"GET"}, sent: 2},
	"another":         {call: getOnce, named: []string{"MGET"}, sent: 1, fails: io.EOF},
	"breaks again":    {call: getOnce, named: []string{"GET"}, breaks: 2, sent: 2, fails: io.EOF},
	"no connection":   {call: getOnce, named: []string{"GET"}, dialable: 1, sent: 1, fails: io.EOF, says: "again: nobody listens"},
	"context ended":   {call: getOnce, named: []string{"GET"}, cancels: true, sent: 1, fails: io.EOF},
	"context, longer": {call: getOnce, named: []string{"GET"}, takes: 800 * time.Millisecond, sent: 2, fails: context.DeadlineExceeded, elapsed: time.Second},
	"a handle": {named: []string{"GET"}, sent: 2, call: func(_ context.Context, p *Pool) (any, error) {
		c := p.Get()
		defer c.Close()
		reply, err := c.Do("GET", "key")
		if c.Err() != nil {
			return nil, c.Err()
		}
		return reply, err
	}},
	"a handle, off": {sent: 1, fails: io.EOF, call: func(_ context.Context, p *Pool) (any, error) {
		c := p.Get()
		defer c.Close()
		c.Do("GET", "key")
		return nil, c.Err()
	}},
	"its own connection": {named: []string{"GET"}, breaks: 1, sent: 1, fails: io.EOF, call: func(_ context.Context, p *Pool) (any, error) {
		c := p.Get()
		defer c.Close()
		c.Flush()
		return c.Do("GET", "key")
	}},
	"timeout": {named: []string{"GET"}, takes: 800 * time.Millisecond, sent: 2, fails: errAnyTimeout, elapsed: time.Second,
		call: getTimed},
	"no time is left": {named: []string{"GET"}, sent: 0, fails: errAnyTimeout, call: func(_ context.Context, p *Pool) (any, error) {
		c := p.Get()
		defer c.Close()
		reply, err := redis.DoWithTimeout(c, -time.Second, "GET", "key")
		if c.Err() != nil {
			return nil, c.Err()
		}
		if isTimeout(err) {
			err = errAnyTimeout
		}
		return reply, err
	}},
	"timeout has passed": {named: []string{"GET"}, takes: 800 * time.Millisecond, thinks: time.Second, sent: 1, fails: io.EOF, call: getTimed},
}

// errAnyTimeout stands for any error of a timeout.
var errAnyTimeout = errors.New("a timeout")

func getTimed(_ context.Context, p *Pool) (any, error) {
	c := p.Get()
	defer c.Close()
	reply, err := redis.DoWithTimeout(c, time.Second, "GET", "key")
	if isTimeout(err) {
		err = errAnyTimeout
	}
	return reply, err
}

func TestShareRepeat(t *testing.T) {
	for name, tt := range repeatCases {
		t.Run(name, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { tt.run(t) }) })
	}
}

func (tt *repeatCase) run(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	server := &breaking{breaks: max(tt.breaks, 1), takes: tt.takes, dialable: tt.dialable}
	if tt.dialable == 0 {
		server.dialable = 100
	}
	p := &Pool{MaxIdle: 2, Share: 2, Dial: server.dial}
	defer p.Close()
	asked := 0
	if tt.named != nil {
		p.ShareRepeat = func(name string, args []any) bool {
			if asked++; len(args) != 1 || args[0] != "key" {
				t.Errorf("it was asked about %s %v", name, args)
			}
			time.Sleep(tt.thinks)
			if tt.cancels {
				cancel()
			}
			return slices.Contains(tt.named, name)
		}
	}
	begin := time.Now()
	reply, err := tt.call(ctx, p)
	if tt.elapsed > 0 && time.Since(begin) != tt.elapsed {
		t.Errorf("it took %v, want %v", time.Since(begin), tt.elapsed)
	}
	time.Sleep(tt.takes) // the reply that nobody waits for comes, too
	synctest.Wait()
	if tt.fails == nil && (reply != "OK" || err != nil) || !errors.Is(err, tt.fails) || tt.says != "" && !strings.Contains(err.Error(), tt.says) {
		t.Errorf("%v, %v; want the error %v", reply, err, tt.fails)
	}
	server.mu.Lock()
	defer server.mu.Unlock()
	if len(server.sent) != tt.sent || asked > 1 {
		t.Errorf("%q was sent, want it %d times; asked %d times", server.sent, tt.sent, asked)
	}
	if n := p.ShareStats().Repeated; int(n) != max(tt.sent-1, 0) {
		t.Errorf("%d were repeated, say the statistics, not %d", n, max(tt.sent-1, 0))
	}
}
