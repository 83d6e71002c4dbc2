package redispool

import (
	"context"
	"io"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/redistest"
)

// scripted is a connection whose replies a test decides.
type scripted struct {
	answer func() (any, error)
	err    atomic.Pointer[error]
	closed atomic.Bool
}

func (c *scripted) Close() error { c.closed.Store(true); return nil }
func (c *scripted) Err() error {
	if err := c.err.Load(); err != nil {
		return *err
	}
	return nil
}
func (c *scripted) Do(cmd string, args ...any) (any, error) {
	if cmd == "" {
		return nil, nil
	}
	return c.Receive()
}
func (c *scripted) Send(string, ...any) error { return nil }
func (c *scripted) Flush() error              { return nil }
func (c *scripted) Receive() (any, error) {
	reply, err := c.answer()
	if _, isReply := err.(redis.Error); err != nil && !isReply {
		c.err.Store(&err)
	}
	return reply, err
}

// loneWorld is a pool that shares connections with scripted replies.
type loneWorld struct {
	*Pool
	conns  []*scripted
	answer func() (any, error)
}

func newLoneWorld(p *Pool) *loneWorld {
	w := &loneWorld{Pool: p, answer: func() (any, error) { return "OK", nil }}
	p.Share, p.MaxIdle, p.MaxActive, p.Wait = 1, 2, 2, true
	p.Dial = func() (redis.Conn, error) {
		c := &scripted{answer: func() (any, error) { return w.answer() }}
		w.conns = append(w.conns, c)
		return c, nil
	}
	return w
}

func (w *loneWorld) ping() (any, error) { return w.Do(context.Background(), "PING") }

// open counts the connections that are not closed.
func (w *loneWorld) open() (n int) {
	for _, c := range w.conns {
		if !c.closed.Load() {
			n++
		}
	}
	return n
}

func inLoneWorld(t *testing.T, p *Pool, test func(t *testing.T, w *loneWorld)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newLoneWorld(p)
		test(t, w)
		w.Close()
		synctest.Wait()
		if n := w.open(); n != 0 {
			t.Errorf("%d connections are open after Close", n)
		}
	})
}

// A caller that comes while a lone caller waits for its reply uses another connection, and gets its own reply at once.
func TestLoneCallerIsNotWaitedFor(t *testing.T) {
	inLoneWorld(t, &Pool{}, func(t *testing.T, w *loneWorld) {
		slow := make(chan struct{})
		w.answer = func() (any, error) { <-slow; return "slow", nil }
		go func() {
			if got, err := w.ping(); got != "slow" || err != nil {
				t.Errorf("the lone caller got %v, %v", got, err)
			}
		}()
		synctest.Wait()
		if s := w.ShareStats(); s.UnderWay != 1 || s.Calls != 1 || s.Connections != 0 {
			t.Errorf("with a lone call: %+v", s)
		}
		w.answer = func() (any, error) { return "quick", nil }
		if got, err := w.ping(); got != "quick" || err != nil {
			t.Errorf("the second caller got %v, %v", got, err)
		}
		close(slow)
		synctest.Wait()
		if s := w.ShareStats(); s.UnderWay != 0 || s.Calls != 2 || s.Flushes != 2 || len(w.conns) != 2 {
			t.Errorf("afterwards: %+v, %d connections", s, len(w.conns))
		}
	})
}

// At the limit the second caller waits for the connection of the lone one.
func TestLoneCallerAtTheLimit(t *testing.T) {
	inLoneWorld(t, &Pool{}, func(t *testing.T, w *loneWorld) {
		own := w.Get()
		own.Do("MULTI")
		slow := make(chan struct{})
		w.answer = func() (any, error) { <-slow; return "PONG", nil }
		for range 2 {
			go func() {
				if _, err := w.ping(); err != nil {
					t.Error(err)
				}
			}()
			synctest.Wait()
		}
		if st := w.ResourceStats(); st.Waiting != 1 || st.Leased != 2 {
			t.Errorf("%v", st)
		}
		close(slow)
		synctest.Wait()
		w.answer = func() (any, error) { return "OK", nil }
		own.Close()
	})
}

// After a panic of the connection the place is free, and the next caller may be alone again.
func TestLoneCallPanics(t *testing.T) {
	inLoneWorld(t, &Pool{}, func(t *testing.T, w *loneWorld) {
		w.answer = func() (any, error) { panic("a wrapper") }
		func() {
			defer func() {
				if recover() != "a wrapper" {
					t.Error("the panic does not reach the caller")
				}
			}()
			w.ping()
		}()
		synctest.Wait()
		if w.open() != 0 || w.ActiveCount() != 0 {
			t.Errorf("%d open, %d active", w.open(), w.ActiveCount())
		}
		w.answer = func() (any, error) { return "OK", nil }
		if _, err := w.ping(); err != nil || w.get().sharing.lone.Load() != 4 {
			t.Errorf("%v, %d", err, w.get().sharing.lone.Load())
		}
	})
}

// A connection that breaks under a lone call is closed, and its handle is of no use any more.
func TestLoneCallBreaks(t *testing.T) {
	inLoneWorld(t, &Pool{}, func(t *testing.T, w *loneWorld) {
		w.answer = func() (any, error) { return nil, io.EOF }
		c := w.Get()
		if _, err := c.Do("PING"); err != io.EOF || c.Err() != io.EOF {
			t.Errorf("%v, then %v", err, c.Err())
		}
		if _, err := c.Do("PING"); err != io.EOF || len(w.conns) != 1 {
			t.Errorf("%v, %d connections", err, len(w.conns))
		}
		c.Close()
		synctest.Wait()
		if w.open() != 0 || w.ActiveCount() != 0 {
			t.Errorf("%d open, %d active", w.open(), w.ActiveCount())
		}
	})
}

// A command of ShareRepeat is sent again if the connection of a lone call breaks.
func TestLoneCallIsRepeated(t *testing.T) {
	inLoneWorld(t, &Pool{ShareRepeat: func(string, []any) bool { return true }}, func(t *testing.T, w *loneWorld) {
		w.answer = func() (any, error) {
			w.answer = func() (any, error) { return "PONG", nil }
			return nil, io.EOF
		}
		if got, err := w.ping(); got != "PONG" || err != nil || w.ShareStats().Repeated != 1 {
			t.Errorf("%v, %v, %+v", got, err, w.ShareStats())
		}
	})
}

// An error reply stands in both results, as redigo's Do has it. It closes the connection if it says that the connection is
// of no use.
func TestLoneCallIsRefused(t *testing.T) {
	for reply, open := range map[redis.Error]int{"ERR no": 1, "READONLY You can't write against a read only replica.": 0} {
		t.Run(string(reply), func(t *testing.T) {
			inLoneWorld(t, &Pool{}, func(t *testing.T, w *loneWorld) {
				w.answer = func() (any, error) { return nil, reply }
				c := w.Get()
				if got, err := c.Do("SET", "k", "v"); got != reply || err != reply || c.Err() != nil {
					t.Errorf("%v, %v, then %v", got, err, c.Err())
				}
				c.Close()
				synctest.Wait()
				if w.open() != open {
					t.Errorf("%d connections are open, want %d", w.open(), open)
				}
			})
		})
	}
}

// An error within an array is looked at, too.
func TestLoneCallIsRefusedWithin(t *testing.T) {
	inLoneWorld(t, &Pool{}, func(t *testing.T, w *loneWorld) {
		w.answer = func() (any, error) { return []any{"OK", redis.Error("READONLY no")}, nil }
		if _, err := w.ping(); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if w.open() != 0 {
			t.Error("the connection is kept")
		}
	})
}

func TestLoneCallOfAClosedPool(t *testing.T) {
	inLoneWorld(t, &Pool{}, func(t *testing.T, w *loneWorld) {
		w.ping()
		c := w.Get()
		w.Close()
		if _, err := c.Do("PING"); err != ErrPoolClosed {
			t.Error(err)
		}
		if _, err := w.ping(); err != ErrPoolClosed {
			t.Error(err)
		}
	})
}

// Where a second caller would be refused at the limit, instead of waiting for the lone caller's connection, both share one.
func TestLoneCallersThatShare(t *testing.T) {
	for name, p := range map[string]*Pool{
		"no Wait": {}, "MaxWaiters": {Wait: true, MaxWaiters: 1},
		"WaitTimeout": {Wait: true, WaitTimeout: time.Second}, "ShedTarget": {Wait: true, ShedTarget: time.Second},
	} {
		if p.mayBorrowAlone() {
			t.Errorf("%s: a lone caller has a connection of its own", name)
		}
	}
	if !(&Pool{Wait: true}).mayBorrowAlone() {
		t.Error("no lone caller has a connection of its own")
	}
}

// A wrapper sees the methods that it sees of a shared connection, and redigo's connection needs one call.
func TestLoneCallOfATracer(t *testing.T) {
	var one *tracer
	p := sharingPool(t, redistest.Start(t).Addr(), 1)
	dial := p.Dial
	p.Dial = func() (redis.Conn, error) {
		c, err := dial()
		one = &tracer{Conn: c}
		return one, err
	}
	p.Do(context.Background(), "SET", "k", "v")
	p.Do(context.Background(), "GET", "k")
	if want := []string{"Send SET", "Receive OK", "Send GET", "Receive v"}; !slices.Equal(one.seen, want) {
		t.Errorf("it saw %q", one.seen)
	}
}

// Replies that Dial has left unread are nobody's.
func TestLoneCallAfterATalkativeDial(t *testing.T) {
	p := sharingPool(t, redistest.Start(t).Addr(), 1)
	dial := p.Dial
	p.Dial = func() (redis.Conn, error) {
		c, err := dial()
		if err == nil {
			c.Send("NOSUCHCOMMAND")
			err = c.Flush()
		}
		return c, err
	}
	for range 2 {
		if got, err := redis.String(p.Do(context.Background(), "ECHO", "token")); got != "token" {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if st := p.ResourceStats(); st.Opened != 1 {
		t.Errorf("%v", st)
	}
}

// A command for which there is no connection was not sent, and is not counted.
func TestLoneCallThatIsNotSent(t *testing.T) {
	for name, fail := range map[string]func(w *loneWorld){
		"a dial that fails":  func(w *loneWorld) { w.Dial = func() (redis.Conn, error) { return nil, io.EOF } },
		"a dial that panics": func(w *loneWorld) { w.Dial = func() (redis.Conn, error) { panic("a dial") } },
		"a closed pool":      func(w *loneWorld) { w.get().shut() },
	} {
		t.Run(name, func(t *testing.T) {
			inLoneWorld(t, &Pool{}, func(t *testing.T, w *loneWorld) {
				fail(w)
				func() {
					defer func() { recover() }()
					w.get().doShared(calling{}, nil, "PING", nil)
				}()
				if st := w.ShareStats(); st.Calls != 0 || st.Flushes != 0 || st.UnderWay != 0 {
					t.Errorf("%+v", st)
				}
				if n := w.get().sharing.lone.Load(); n != 2 {
					t.Errorf("the lone call has not begun and ended once: %d", n)
				}
			})
		})
	}
}

// Callers that have met are likely to meet again, so the next command is not a lone caller's, although nobody else is there.
func TestLoneCallersThatHaveMet(t *testing.T) {
	inLoneWorld(t, &Pool{}, func(t *testing.T, w *loneWorld) {
		s := w.get().sharing
		if !s.beginLone(calling{}) || s.beginLone(calling{}) {
			t.Error("one caller of two is alone")
		}
		s.endLone(true)
		if _, err := w.ping(); err != nil || s.lone.Load() != 2 {
			t.Errorf("%v; lone calls have begun and ended %d times, want 2", err, s.lone.Load())
		}
	})
}
