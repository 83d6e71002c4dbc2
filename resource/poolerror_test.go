package resource

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// says checks the whole text of the error that a call got.
func (c *call) says(want error, text string) *PoolError {
	c.w.t.Helper()
	c.returned(want)
	e, ok := c.err.(*PoolError)
	if !ok || e.Error() != text {
		c.w.t.Fatalf("got %T with the text\n%v\nwant\n%s", c.err, c.err, text)
	}
	return e
}

func TestPoolErrorSaysWhy(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = func(_ context.Context, n int) error {
			switch {
			case n == 1:
				return errDown
			case n >= 4:
				time.Sleep(time.Minute)
			}
			return nil
		}
		w.onClose = func(int) error { time.Sleep(time.Second); return nil }
		w.build(Config[*thing]{MaxActive: 2, MaxWaiters: 2, WaitTimeout: 50 * ms})
		w.start(context.Background()).returned(errDown)
		w.failed(1)
		w.sleep(3 * time.Second)
		a, b := w.start(context.Background()), w.start(context.Background())
		la, lb := a.granted(2), b.granted(3)
		w.opened(2, 3)
		w.startTry(context.Background()).says(ErrExhausted, "resource: pool is exhausted: 2 of 2 active (2 leased, 0 idle), 0 waiting")

		discarded := w.startEnd(la.Discard)
		first, second := w.start(context.Background()), w.start(context.Background())
		third := w.start(context.Background())
		third.says(ErrTooManyWaiters, "resource: pool is exhausted: too many callers wait: 2 of 2 active (1 leased, 0 idle, 1 closing), 2 waiting")
		w.sleep(50 * ms)
		first.says(ErrWaitTimeout, "resource: pool is exhausted: waited too long: waited 50ms: 2 of 2 active (1 leased, 0 idle, 1 closing), 0 waiting")
		second.returned(ErrWaitTimeout)
		w.sleep(time.Second)
		discarded.returned(nil)
		w.closed(2)

		opening := w.start(context.Background())
		canceled := w.start(w.timeout(20 * ms))
		w.sleep(20 * ms)
		e := canceled.says(context.DeadlineExceeded, "context deadline exceeded: waited 20ms: 2 of 2 active (1 leased, 0 idle, 1 opening), 0 waiting")
		want := Snapshot{MaxActive: 2, Active: 2, Leased: 1, Opening: 1}
		if e.Snapshot != want || e.Waited != 20*ms || e.LastOpenError != nil {
			t.Errorf("got %+v", e)
		}
		w.sleep(time.Minute)
		w.release(opening.granted(4))
		w.opened(4)

		waiting := w.start(context.Background())
		waiting.granted(4)
		refused := w.start(context.Background())
		w.pool.Close()
		refused.says(ErrClosed, "resource: pool is closed: 2 of 2 active (2 leased, 0 idle), 0 waiting")
		w.start(context.Background()).returned(ErrClosed)
		lb.Discard()
		waiting.lease.Release()
		w.sleep(time.Second)
		w.closed(3, 4)
	})
}

// The error has the failure of an opening until one has succeeded.
func TestPoolErrorHasTheLastFailure(t *testing.T) {
	inWorld(t, func(w *world) {
		hang := false
		w.onOpen = func(_ context.Context, n int) error {
			if hang {
				time.Sleep(time.Minute)
				return nil
			}
			return errDown
		}
		w.build(Config[*thing]{MaxActive: 2})
		w.start(context.Background()).returned(errDown)
		w.failed(1)
		hang = true
		w.sleep(3 * time.Second)
		a, b := w.start(context.Background()), w.start(context.Background())
		c := w.start(w.timeout(50 * ms))
		w.sleep(50 * ms)
		e := c.says(context.DeadlineExceeded, "context deadline exceeded: waited 50ms: 2 of 2 active (0 leased, 0 idle, 2 opening), 0 waiting; last open failed 3.05s ago: the server is down")
		if e.LastOpenError != errDown || e.LastOpenErrorAge != 3050*ms || errors.Is(c.err, errDown) {
			t.Errorf("got %+v", e)
		}
		w.sleep(time.Minute)
		w.opened(2, 3)
		w.startTry(context.Background()).says(ErrExhausted, "resource: pool is exhausted: 2 of 2 active (2 leased, 0 idle), 0 waiting")
		w.release(a.lease, b.lease)
		w.shut(2, 3)
	})
}

// A caller that leaves an open or a close behind learns which it was.
func TestPoolErrorSaysWhatTheCallerLeft(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = func(context.Context, int) error { time.Sleep(time.Minute); return nil }
		w.build(Config[*thing]{MaxActive: 1, OpenDetached: true})
		c := w.start(w.timeout(time.Second))
		w.sleep(time.Second)
		c.says(context.DeadlineExceeded, "context deadline exceeded while opening a resource: 1 of 1 active (0 leased, 0 idle, 1 opening), 0 waiting")
		w.sleep(time.Minute)
		w.opened(1)
		w.shut(1)
	})
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 1, BorrowTest: policy.Test(w.test)})
		w.idle(1)
		w.onTest = func(context.Context, int, time.Time) error { return errTest }
		w.onClose = func(int) error { time.Sleep(time.Minute); return nil }
		c := w.start(w.timeout(time.Second))
		w.sleep(time.Second)
		w.tested(1)
		c.says(context.DeadlineExceeded, "context deadline exceeded while closing a resource: 1 of 1 active (0 leased, 0 idle, 1 closing), 0 waiting")
		w.sleep(time.Minute)
		w.closed(1)
		w.shut()
	})
}

// A caller whose context ended during a test learns that, though the pool closes the
// resource then.
func TestPoolErrorSaysThatTheTestTookLong(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 1, BorrowTest: policy.Test(w.test)})
		w.idle(1)
		w.onTest = func(ctx context.Context, _ int, _ time.Time) error { <-ctx.Done(); return ctx.Err() }
		c := w.start(w.timeout(time.Second))
		w.sleep(time.Second)
		w.tested(1)
		c.says(context.DeadlineExceeded, "context deadline exceeded while testing a resource: 1 of 1 active (0 leased, 0 idle, 1 closing), 0 waiting")
		w.closed(1)
		w.shut()
	})
}

// A refusal of a Keyed says whose limit it was.
func TestPoolErrorOfAKey(t *testing.T) {
	inKeyedWorld(t, keyedConfig{MaxActive: 3}, thingConfig{MaxActive: 2}, func(w *keyedWorld) {
		a, a2, b := w.take("a", "a1"), w.take("a", "a2"), w.take("b", "b3")
		for key, text := range map[string]string{
			"a": "resource: pool is exhausted: 3 of 3 active over all keys; key a: 2 of 2 active (2 leased, 0 idle), 0 waiting",
			"b": "resource: pool is exhausted: the limit over all keys is reached: 3 of 3 active over all keys; key b: 1 of 2 active (1 leased, 0 idle), 0 waiting",
		} {
			_, err := w.k.TryAcquire(context.Background(), key)
			if e, ok := err.(*PoolError); !ok || e.Error() != text || e.Keyed.ByTotal != (key == "b") || e.Keyed.Key != key {
				t.Errorf("got %v\nwant %s", err, text)
			}
		}
		a.Release()
		a2.Release()
		b.Release()
		w.k.Close()
		if _, err := w.k.TryAcquire(context.Background(), "a"); err == nil || err.Error() != "resource: pool is closed: 0 of 3 active over all keys; key a: 0 active (0 leased, 0 idle), 0 waiting" {
			t.Errorf("got %v", err)
		}
		w.claim([]string{"a1", "a2", "b3"}, []string{"a1", "a2", "b3"})
	})
}

// Keys may come from a program's users. An error stays one line, which no key can forge.
func TestErrorsQuoteOddKeys(t *testing.T) {
	for key, want := range map[any]string{
		"a b": "key a b", 7: "key 7", "日本": "key 日本", "": `key ""`, "a\nlevel=INFO": `key "a\nlevel=INFO"`, "\x1b[2J": `key "\x1b[2J"`, "a\xff": `key "a\xff"`,
	} {
		for _, text := range []string{
			(&PoolError{Err: ErrClosed, Keyed: &KeyedSnapshot{Key: key}}).Error(),
			(&KeyError{Key: key, Err: ErrClosed}).Error(),
			TerminatedLease{Key: key}.String(),
		} {
			if !strings.Contains(text+":", want+":") {
				t.Errorf("key %q: %s", key, text)
			}
		}
	}
}

// A refusal allocates its error and nothing else.
func TestRefusalAllocatesItsErrorOnly(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	p, err := New(Config[int]{MaxActive: 1, Open: func(context.Context) (int, error) { return 0, nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	ctx := context.Background()
	if _, err := p.Acquire(ctx); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(1000, func() { p.TryAcquire(ctx) }); n != 1 {
		t.Errorf("%v allocations", n)
	}
}
