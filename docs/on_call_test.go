package docs_test

import (
	"context"
	"errors"
	"io"
	"os"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/resource"
)

// TestOnCallPage puts a pool into each state that the page for the engineer on call describes. The error, the page of the
// pool and its log must then have every line that the page quotes.
func TestOnCallPage(t *testing.T) {
	sections := quotedBySection(t)
	for name, trouble := range troubles() {
		quotes := sections[name]
		if len(quotes) == 0 {
			t.Errorf("the page quotes nothing in the section %q", name)
		}
		delete(sections, name)
		t.Run(name, func(t *testing.T) {
			outside := ""
			if name == "Connections leak" {
				outside = lost(t)
			}
			synctest.Test(t, func(t *testing.T) {
				s := newSick(t)
				s.lines.WriteString(outside)
				trouble(s)
				s.ask()
				s.end()
				for _, quote := range quotes {
					if !s.said(quote) {
						t.Errorf("nobody says\n%s\n\nwhat was said:\n%s", quote, s.lines.String())
					}
				}
			})
		})
	}
	for name := range sections {
		t.Errorf("nothing produces what the section %q quotes", name)
	}
}

// quotedBySection returns the lines of the blocks that begin with ```text, by the heading above them.
func quotedBySection(t *testing.T) map[string][]string {
	t.Helper()
	page, err := os.ReadFile("on-call.md")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for _, section := range strings.Split(string(page), "\n### ")[1:] {
		name, text, _ := strings.Cut(section, "\n")
		for _, block := range regexp.MustCompile("(?ms)^```text\n(.*?)\n```").FindAllStringSubmatch(text, -1) {
			all[name] = append(all[name], strings.Split(block[1], "\n")...)
		}
	}
	return all
}

var (
	errRefused = errors.New("dial tcp 10.0.0.7:6379: connect: connection refused")
	errTimeout = errors.New("dial tcp 10.0.0.7:6379: i/o timeout")
)

func fails(err error) func(context.Context) error {
	return func(context.Context) error { return err }
}

func hangs(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Minute):
		return nil
	}
}

func troubles() map[string]func(*sick) {
	const soon = 500 * time.Millisecond
	return map[string]func(*sick){
		"All connections are in use": func(s *sick) {
			s.pool.WaitTimeout = soon
			s.take(4)
			s.refused(s.Context())
			s.wait(2)
			time.Sleep(soon / 2)
		},
		"Connections leak": func(s *sick) {
			s.pool.LeakAfter = time.Minute
			leaky(s)
			time.Sleep(2 * time.Minute)
		},
		"Too many callers wait": func(s *sick) {
			s.pool.MaxWaiters = 2
			s.take(4)
			s.wait(2)
			s.refused(s.Context())
		},
		"Callers are shed": func(s *sick) {
			var shed sync.Once
			s.pool.ShedTarget, s.pool.ShedInterval = 10*time.Millisecond, 100*time.Millisecond
			s.take(4)
			for range 20 {
				go func() {
					c, err := s.pool.GetContext(s.callers)
					if err == nil {
						c.Close()
					} else if errors.Is(err, redispool.ErrShed) {
						shed.Do(func() { s.say(err) })
					}
				}()
			}
			time.Sleep(time.Second)
		},
		"The server cannot be reached": func(s *sick) {
			s.dials = fails(errRefused)
			s.refused(s.Context())
			time.Sleep(3 * time.Second)
		},
		"Callers wait for a server that is down": func(s *sick) {
			s.pool.MaxActive, s.pool.MaxIdle, s.pool.WaitTimeout = 2, 2, soon
			s.dials = fails(errTimeout)
			s.refused(s.Context())
			s.dials = hangs
			for range 2 {
				go s.pool.GetContext(s.callers)
			}
			synctest.Wait()
			s.refused(s.Context())
		},
		"Dials are held back": func(s *sick) {
			s.pool.DialBackoff, s.pool.WaitTimeout = time.Hour, soon
			s.dials = fails(errRefused)
			s.refused(s.Context())
			s.refused(s.Context())
		},
		"Dials are slow": func(s *sick) {
			s.dials = hangs
			ctx, cancel := context.WithTimeout(s.Context(), soon)
			defer cancel()
			s.refused(ctx)
			for range 3 {
				go s.pool.GetContext(s.callers)
			}
			synctest.Wait()
			s.wait(1)
			time.Sleep(time.Second)
		},
		"Tests are slow": func(s *sick) {
			s.pool.TestOnBorrow = func(redispool.Conn, time.Time) error { time.Sleep(time.Second); return nil }
			s.take(4)
			s.giveBack()
			s.wait(5)
			time.Sleep(soon)
		},
		"Closes hang": func(s *sick) {
			s.pool.CloseTimeout = 3 * time.Second
			s.take(4)
			s.closes = func() { time.Sleep(time.Minute) }
			s.pool.Reset()
			for _, c := range s.taken {
				go c.Close()
			}
			s.taken = nil
			synctest.Wait()
			s.dials = hangs
			s.wait(1)
			time.Sleep(time.Second)
			s.ask()
			time.Sleep(3 * time.Second)
		},
		"One key takes everything": oneKey,
		"Connections are found dead": func(s *sick) {
			s.pool.TestOnBorrow = func(redispool.Conn, time.Time) error { return io.EOF }
			s.pool.TestBudget = -1
			s.take(3)
			s.giveBack()
			s.take(1)
		},
		"Connections do not last": func(s *sick) {
			s.pool.MaxIdle = 1
			for range 3 {
				s.take(4)
				s.giveBack()
			}
		},
		"A caller asks a closed pool": func(s *sick) {
			s.take(1)
			s.giveBack()
			s.pool.Close()
			s.refused(s.Context())
		},
		"The program does not end": func(s *sick) {
			s.take(1)
			ctx, cancel := context.WithTimeout(s.Context(), soon)
			defer cancel()
			s.say(s.pool.Shutdown(ctx))
		},
	}
}

// lost has the program lose a connection, and returns what the page says. The collector finds nothing within a bubble.
func lost(t *testing.T) string {
	pool := &redispool.Pool{MaxActive: 1, MaxIdle: 1, Reclaim: true, Dial: func() (redispool.Conn, error) {
		return &silent{s: &sick{closes: func() {}}}, nil
	}}
	defer pool.Close()
	if err := pool.Get().Err(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); pool.ResourceStats().Lost == 0; runtime.GC() {
		if time.Now().After(end) {
			t.Fatal("the lost connection was not found")
		}
	}
	s := &sick{T: t}
	if err := s.page.Add("sessions", pool); err != nil {
		t.Fatal(err)
	}
	s.ask()
	return s.lines.String()
}

// leaky gets a connection and does not close it.
func leaky(s *sick) { s.taken = append(s.taken, s.pool.Get()) }

// oneKey has one key of a Keyed take all places.
func oneKey(s *sick) {
	keyed, err := resource.NewKeyed(resource.KeyedConfig[string, int]{
		MaxActive: 4,
		Config: func(string) (resource.Config[int], error) {
			return resource.Config[int]{
				Open:      func(context.Context) (int, error) { return 1, nil },
				MaxActive: 4,
			}, nil
		},
	})
	if err != nil {
		s.Fatal(err)
	}
	for range 4 {
		lease, err := keyed.Acquire(s.Context(), "a")
		if err != nil {
			s.Fatal(err)
		}
		s.after = append(s.after, func() { lease.Release() })
	}
	_, err = keyed.TryAcquire(s.Context(), "b")
	s.say(err)
	s.after = append(s.after, func() { keyed.Close() })
}
