package redispool

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/redistest"
)

// TestShareBinds: plain commands share a connection. The first other one gives the handle a connection of its own, which it
// keeps until Close.
func TestShareBinds(t *testing.T) {
	addr := redistest.Start(t).Addr()
	for name, use := range map[string]func(c redis.Conn) error{
		"Send":    func(c redis.Conn) error { return c.Send("PING") },
		"Flush":   func(c redis.Conn) error { return c.Flush() },
		"MULTI":   func(c redis.Conn) error { _, err := c.Do("MULTI"); return err },
		"WATCH":   func(c redis.Conn) error { _, err := c.Do("watch", "k"); return err },
		"BLPOP":   func(c redis.Conn) error { _, err := c.Do("BLPOP", "k", 0.001); return err },
		"SELECT":  func(c redis.Conn) error { _, err := c.Do("SELECT", 1); return err },
		"CLIENT":  func(c redis.Conn) error { _, err := c.Do("CLIENT", "ID"); return err },
		"EVAL":    func(c redis.Conn) error { _, err := c.Do("EVAL", "return 1", 0); return err },
		"XREAD":   func(c redis.Conn) error { _, err := c.Do("XREAD", "block", 1, "STREAMS", "x", "0"); return err },
		"unknown": func(c redis.Conn) error { c.Do("MODULE.CMD"); return nil },
		"timed": func(c redis.Conn) error {
			_, err := redis.DoWithTimeout(c, time.Minute, "BLPOP", "k", 0.001)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := sharingPool(t, addr, 1)
			c := p.Get()
			if _, err := c.Do("SET", "k1", "v"); err != nil {
				t.Fatal(err)
			}
			atRest(t, p)
			if err := use(c); err != nil {
				t.Fatal(err)
			}
			if n := p.ResourceStats().Leased; n != 1 {
				t.Errorf("%d connections are leased", n)
			}
			before := p.ShareStats().Calls
			c.Do("ECHO", "more")
			if after := p.ShareStats().Calls; after != before {
				t.Error("a handle with a connection of its own shares")
			}
			c.Close()
			atRest(t, p)
			if n := p.ResourceStats().Idle; n != 1 {
				t.Errorf("%d connections are idle", n)
			}
		})
	}
}

// TestShareCommand: a function of the program's adds to what is shared, except for what never is.
func TestShareCommand(t *testing.T) {
	var mu sync.Mutex
	var asked []string
	p := sharingPool(t, redistest.Start(t).Addr(), 1)
	p.ShareCommand = func(name string, args []any) bool {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, name)
		return true
	}
	c := p.Get()
	defer c.Close()
	for _, cmd := range [][]any{{"EVAL", "return 1", 0}, {"MODULE.CMD"}, {"GET", "k"}, {"script", "load", "return 1"}} {
		c.Do(cmd[0].(string), cmd[1:]...)
	}
	c.Do("SCRIPT", "DEBUG", "NO")
	if want := []string{"EVAL", "MODULE.CMD"}; !slices.Equal(asked, want) {
		t.Errorf("asked for %q, want %q", asked, want)
	}
	if n := p.ShareStats().Calls; n != 3 {
		t.Errorf("%d calls were shared", n)
	}
}

// TestShareFirstErrors: what would be an error of Get comes from the first command, and stays.
func TestShareFirstErrors(t *testing.T) {
	refused := errors.New("refused")
	p := &Pool{MaxIdle: 1, Share: 1, Dial: func() (redis.Conn, error) { return nil, refused }}
	defer p.Close()
	for _, cmd := range []string{"PING", "MULTI"} {
		c, err := p.GetContext(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Do(cmd); err != refused || c.Err() != refused {
			t.Errorf("%s: %v, then %v", cmd, err, c.Err())
		}
		if err := c.Send("PING"); err != refused {
			t.Error(err)
		}
		c.Close()
	}
	if _, err := p.Do(context.Background(), "PING"); err != refused {
		t.Error(err)
	}
}

func TestShareFields(t *testing.T) {
	for _, p := range []*Pool{{Share: -1, MaxIdle: 1}, {Share: 2, MaxIdle: 1}, {Share: 2, MaxIdle: 2, MaxActive: 2}} {
		if c, err := p.GetContext(context.Background()); err == nil || !strings.Contains(err.Error(), "Pool.Share") || c.Err() != err {
			t.Errorf("%+v: %v", p.Share, err)
		}
	}
}

// TestShareExhausted: without Wait the limit is an error of the first command that needs a connection of its own. Shared
// commands go on, since their connection is there.
func TestShareExhausted(t *testing.T) {
	p := sharingPool(t, redistest.Start(t).Addr(), 1)
	p.MaxActive, p.MaxIdle, p.Wait = 2, 2, false
	var own []redis.Conn
	for range 2 {
		c := p.Get()
		own = append(own, c)
		if _, err := c.Do("MULTI"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.Do(context.Background(), "MULTI"); err != redis.ErrPoolExhausted {
		t.Error(err)
	}
	own[0].Close()
	if _, err := p.Do(context.Background(), "PING"); err != nil {
		t.Error(err)
	}
	own[1].Close()
}

// TestShareContextOfGet: the context of Get bounds the wait for a connection, as long as it lasts.
func TestShareContextOfGet(t *testing.T) {
	hang := make(chan struct{})
	p := &Pool{MaxIdle: 1, Share: 1, Dial: func() (redis.Conn, error) { <-hang; return nil, errors.New("late") }}
	defer p.Close()
	defer close(hang)
	for _, cmd := range []string{"PING", "MULTI"} {
		ctx, cancel := context.WithCancel(context.Background())
		c, err := p.GetContext(ctx)
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Millisecond, cancel)
		if _, err := c.Do(cmd); err != context.Canceled {
			t.Errorf("%s: %v", cmd, err)
		}
	}
}

// tracer is a wrapper as programs have them. It notes what it sees.
type tracer struct {
	redis.Conn
	mu   sync.Mutex
	seen []string
}

func (c *tracer) note(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = append(c.seen, what)
}

func (c *tracer) Send(cmd string, args ...any) error {
	c.note("Send " + cmd)
	return c.Conn.Send(cmd, args...)
}

func (c *tracer) Receive() (any, error) {
	reply, err := c.Conn.Receive()
	c.note(fmt.Sprintf("Receive %s", reply))
	return reply, err
}

func TestShareTracer(t *testing.T) {
	addr := redistest.Start(t).Addr()
	var one *tracer
	p := &Pool{MaxIdle: 1, Share: 1, Dial: func() (redis.Conn, error) {
		c, err := redis.Dial("tcp", addr)
		one = &tracer{Conn: c}
		return one, err
	}}
	defer p.Close()
	p.Do(context.Background(), "SET", "k", "v")
	p.Do(context.Background(), "GET", "k")
	atRest(t, p)
	if want := []string{"Send SET", "Receive OK", "Send GET", "Receive v"}; !slices.Equal(one.seen, want) {
		t.Errorf("it saw %q", one.seen)
	}
}

// TestShareWait: WAIT waits for the writes of its own connection, so the writes that went over a shared one must count.
func TestShareWait(t *testing.T) {
	master := redistest.Start(t)
	replica := redistest.StartReplica(t, master)
	p := sharingPool(t, master.Addr(), 1)
	c := p.Get()
	defer c.Close()
	if n, err := redis.Int(c.Do("WAIT", 1, 10_000)); n != 1 {
		t.Fatal(n, err)
	}
	c.Close()
	replica.Pause()
	defer replica.Resume()
	c = p.Get()
	if _, err := c.Do("SET", "k", "v"); err != nil {
		t.Fatal(err)
	}
	if n, err := redis.Int(c.Do("WAIT", 1, 50)); n != 0 || err != nil {
		t.Errorf("%d replicas have the write, says WAIT (%v); the only replica is stopped", n, err)
	}
	c.Close()
}

// TestShareAllocations: a call allocates what redigo's connection allocates, and nothing else.
func TestShareAllocations(t *testing.T) {
	addr := redistest.Start(t).Addr()
	bare, err := redis.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer bare.Close()
	p := sharingPool(t, addr, 2)
	args := []any{"key"}
	do := func(cmd string) float64 {
		return testing.AllocsPerRun(500, func() {
			c := p.Get()
			c.Do(cmd, args...)
			c.Close()
		})
	}
	want := testing.AllocsPerRun(500, func() { bare.Do("GET", args...) })
	for _, cmd := range []string{"GET", "get"} {
		if got := do(cmd); got > want {
			t.Errorf("%s: %v allocations, redigo's connection has %v", cmd, got, want)
		}
	}
	if got := testing.AllocsPerRun(500, func() { p.Do(context.Background(), "GET", args...) }); got > want {
		t.Errorf("Pool.Do: %v allocations, redigo's connection has %v", got, want)
	}
	if raceEnabled {
		return
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 { // others call at the same time, and their allocations count, too
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					p.Do(context.Background(), "PING") // allocates nothing
				}
			}
		})
	}
	if got := do("GET"); got > want {
		t.Errorf("with others: %v allocations, redigo's connection has %v", got, want)
	}
	close(stop)
	wg.Wait()
}
