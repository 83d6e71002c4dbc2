package redispool_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

// slowTest is a TestOnBorrow that takes a time.
type slowTest struct {
	takes time.Duration
	fails bool
	runs  atomic.Int32
}

func (s *slowTest) run(c redis.Conn, _ time.Time) error {
	s.runs.Add(1)
	time.Sleep(s.takes)
	if s.fails {
		return errors.New("it is no good")
	}
	_, err := c.Do("PING")
	return err
}

// TestSlowTestsServeCallersInAHurry has callers with 20 ms each, and tests and dials that take 50 ms.
func TestSlowTestsServeCallersInAHurry(t *testing.T) {
	var s stubs
	slow := slowTest{takes: 50 * time.Millisecond}
	p := &redispool.Pool{MaxIdle: 4, MaxActive: 4, Wait: true, TestOnBorrow: slow.run}
	p.Dial = func() (redis.Conn, error) {
		time.Sleep(50 * time.Millisecond)
		return s.dial()
	}
	inBubble(t, &s, p, func(t *testing.T) {
		idle(t, p, 4)
		const callers = 600
		var served atomic.Int32
		for range callers {
			go func() {
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
				defer cancel()
				begin := time.Now()
				c, err := p.GetContext(ctx)
				if took := time.Since(begin); took > 20*time.Millisecond {
					t.Errorf("Get took %v", took)
				}
				if err == nil {
					served.Add(1)
					time.Sleep(time.Millisecond)
				}
				c.Close()
			}()
			time.Sleep(5 * time.Millisecond)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		// Four connections make 4 tests in 50 ms, while 10 callers come.
		if n := served.Load(); n < callers/3 {
			t.Errorf("%d of %d callers were served", n, callers)
		}
		if n := s.dialed.Load(); n != 4 {
			t.Errorf("%d dials, want 4", n)
		}
	})
}

// TestTestOutlastsItsCaller looks at one connection, after the first caller has left its test at 20 ms.
func TestTestOutlastsItsCaller(t *testing.T) {
	const patience = 20 * time.Millisecond
	for name, c := range map[string]struct {
		test  *slowTest
		own   func(*redispool.Pool)
		after time.Duration // until the next caller comes
		want  error         // of the next caller, who has as little time
		dials int32         // in all
		runs  int32         // of the test
	}{
		"passes":                 {test: &slowTest{takes: 50 * time.Millisecond}, after: 40 * time.Millisecond, dials: 1, runs: 1},
		"passes, with Wait":      {test: &slowTest{takes: 50 * time.Millisecond}, own: func(p *redispool.Pool) { p.Wait = true }, after: 20 * time.Millisecond, dials: 1, runs: 1},
		"passed a while ago":     {test: &slowTest{takes: 50 * time.Millisecond}, after: 2 * time.Second, want: context.DeadlineExceeded, dials: 1, runs: 2},
		"fails":                  {test: &slowTest{takes: 50 * time.Millisecond, fails: true}, after: 40 * time.Millisecond, dials: 2, runs: 1},
		"is over the budget":     {test: &slowTest{takes: time.Hour}, after: 81 * time.Millisecond, dials: 2, runs: 1},
		"is within a budget":     {test: &slowTest{takes: time.Second}, own: func(p *redispool.Pool) { p.TestBudget = 2 * time.Second }, after: time.Second, dials: 1, runs: 1},
		"no bound of the budget": {test: &slowTest{takes: time.Hour}, own: func(p *redispool.Pool) { p.TestBudget = -1 }, after: 81 * time.Millisecond, dials: 2, runs: 1},
		"leaks are reported":     {test: &slowTest{takes: 50 * time.Millisecond}, own: func(p *redispool.Pool) { p.LeakAfter = time.Hour }, after: 0, dials: 2, runs: 1},
	} {
		t.Run(name, func(t *testing.T) {
			var s stubs
			p := &redispool.Pool{MaxIdle: 1, MaxActive: 1, TestOnBorrow: c.test.run}
			if c.own != nil {
				c.own(p)
			}
			inBubble(t, &s, p, func(t *testing.T) {
				get := func(want error) {
					t.Helper()
					ctx, cancel := context.WithTimeout(t.Context(), patience)
					defer cancel()
					begin := time.Now()
					conn, err := p.GetContext(ctx)
					if took := time.Since(begin); err != want || took > patience {
						t.Errorf("%v after %v, want %v", err, took, want)
					}
					if err == nil {
						do(t, conn, "PING")
					}
					conn.Close()
				}
				idle(t, p, 1)
				get(context.DeadlineExceeded)
				time.Sleep(c.after)
				synctest.Wait() // a connection that has failed is closed by another goroutine
				get(c.want)
				if dials, runs := s.dialed.Load(), c.test.runs.Load(); dials != c.dials || runs != c.runs {
					t.Errorf("%d dials and %d tests, want %d and %d", dials, runs, c.dials, c.runs)
				}
				time.Sleep(2 * time.Hour)
			})
		})
	}
}

// TestTestOutlastsItsCallersContext looks at the context of a test. It has the values of the
// caller's, and ends with the budget.
func TestTestOutlastsItsCallersContext(t *testing.T) {
	type key struct{}
	var s stubs
	var ended chan time.Duration
	p := &redispool.Pool{MaxIdle: 1, TestOnBorrowContext: func(ctx context.Context, _ redis.Conn, _ time.Time) error {
		begin := time.Now()
		<-ctx.Done()
		if ctx.Value(key{}) != "mine" {
			t.Error("the context does not have the caller's values")
		}
		ended <- time.Since(begin)
		return ctx.Err()
	}}
	inBubble(t, &s, p, func(t *testing.T) {
		ended = make(chan time.Duration, 1)
		idle(t, p, 1)
		ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), key{}, "mine"), 20*time.Millisecond)
		defer cancel()
		if _, err := p.GetContext(ctx); err != context.DeadlineExceeded {
			t.Error(err)
		}
		if after := <-ended; after != 100*time.Millisecond {
			t.Errorf("the context ended after %v", after)
		}
	})
}

// TestEndedCallerDoesNotStandInATest calls Get in all ways with a context that has ended, while a test takes an hour.
func TestEndedCallerDoesNotStandInATest(t *testing.T) {
	ways := map[string]func(p *redispool.Pool, ctx context.Context) error{
		"GetContext": func(p *redispool.Pool, ctx context.Context) error { c, err := p.GetContext(ctx); c.Close(); return err },
		"GetBackground": func(p *redispool.Pool, ctx context.Context) error {
			c, err := p.GetBackground(ctx)
			c.Close()
			return err
		},
		"GetUrgent": func(p *redispool.Pool, ctx context.Context) error { c, err := p.GetUrgent(ctx); c.Close(); return err },
		"Do":        func(p *redispool.Pool, ctx context.Context) error { _, err := p.Do(ctx, "WATCH", "key"); return err },
	}
	for name, way := range ways {
		for _, share := range []int{0, 1} {
			for _, backoff := range []time.Duration{0, time.Second} {
				t.Run(name, func(t *testing.T) {
					var s stubs
					slow := slowTest{takes: time.Hour}
					p := &redispool.Pool{MaxIdle: 1, Share: share, DialBackoff: backoff, TestOnBorrow: slow.run}
					inBubble(t, &s, p, func(t *testing.T) {
						c, err := p.GetUrgent(context.Background())
						if err != nil {
							t.Fatal(err)
						}
						put(t, c)
						begin := time.Now()
						err = way(p, endedContext(t))
						if shares := share > 0 && name == "GetContext"; !shares && err != context.Canceled {
							t.Errorf("error %v", err)
						}
						if took := time.Since(begin); took > 10*time.Millisecond {
							t.Errorf("share %d, backoff %v: the caller stood for %v", share, backoff, took)
						}
						time.Sleep(2 * time.Hour)
					})
				})
			}
		}
	}
}
