package poollog_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/poollog"
)

func TestOpensFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, o := newBook(poollog.Options{})
		down := true
		pool := newPool(t, resource.Config[int]{
			Observer: o,
			Open: func(context.Context) (int, error) {
				if down {
					return 0, errors.New("refused")
				}
				return 1, nil
			},
		})
		try := func() {
			if lease, err := pool.Acquire(t.Context()); err == nil {
				lease.Discard()
			}
			synctest.Wait()
		}
		try()
		time.Sleep(250 * time.Millisecond) // so that no attempt is at the instant of a record
		for range 199 {                    // for 100 s
			try()
			time.Sleep(500 * time.Millisecond)
		}
		time.Sleep(250 * time.Millisecond)
		b.says(t,
			`0s level=WARN msg="pool: opens fail" pool=orders error="resource: open: refused"`,
			`1m0s level=WARN msg="pool: opens still fail" pool=orders count=121 lasted=1m0s error="resource: open: refused"`,
		)
		down = false
		try()
		try()
		b.says(t, `1m40s level=INFO msg="pool: opens succeed again" pool=orders count=200 lasted=1m40s`)

		// It comes and goes, ten times a second, for five minutes and a half.
		for range 3300 {
			down = !down
			try()
			time.Sleep(100 * time.Millisecond)
		}
		text := b.take()
		if n := strings.Count(text, "\n"); n > 14 {
			t.Errorf("%d records:\n%s", n, text)
		}
		down = false
		try()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		text = b.take()
		if !strings.HasSuffix(text, "pool: opens succeed again\" pool=orders count=1850 lasted=9m0s\n") {
			t.Errorf("the end is not logged: %s", text)
		}

		// All is forgotten, so a failure is news.
		down = true
		try()
		pool.Close()
		synctest.Wait()
		b.says(t,
			`17m10s level=WARN msg="pool: opens fail" pool=orders error="resource: open: refused"`,
			`17m10s level=INFO msg="pool: closed" pool=orders`,
		)
	})
}

func TestOpensHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, o := newBook(poollog.Options{})
		begin := time.Now()
		pool := newPool(t, resource.Config[int]{
			Observer:    o,
			OpenBackoff: policy.Backoff{First: time.Second, Max: time.Second},
			Open: func(context.Context) (int, error) {
				if time.Since(begin) < 90*time.Second {
					return 0, errors.New("refused")
				}
				return 1, nil
			},
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		lease, err := pool.Acquire(ctx)
		if err != nil {
			t.Fatal(err)
		}
		lease.Release()
		time.Sleep(5 * time.Minute)
		text := b.take()
		for _, message := range []string{
			"pool: opens fail", "pool: opens are held", "pool: opens still fail", "pool: opens succeed again", "pool: opens are no longer held",
		} {
			if n := strings.Count(text, `msg="`+message+`"`); n != 1 {
				t.Errorf("%q is logged %d times:\n%s", message, n, text)
			}
		}
		pool.Close()
	})
}

// If nobody tries to open for a while, the problem goes on all the same.
func TestOpensFailAfterAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, o := newBook(poollog.Options{})
		fails := func() {
			o.Observe(resource.Event{Kind: resource.EventOpenFailed, Pool: "orders", Time: time.Now(), Err: errors.New("refused")})
		}
		fails()
		time.Sleep(time.Hour)
		fails()
		fails()
		time.Sleep(time.Hour)
		o.Observe(resource.Event{Kind: resource.EventOpened, Pool: "orders", Time: time.Now()})
		b.says(t,
			`0s level=WARN msg="pool: opens fail" pool=orders error=refused`,
			`1h1m0s level=WARN msg="pool: opens still fail" pool=orders count=3 lasted=1h1m0s error=refused`,
			`2h0m0s level=INFO msg="pool: opens succeed again" pool=orders count=3 lasted=2h0m0s`,
		)

		// After its close a pool has no problem that only a success could end, and another pool may
		// have the name.
		fails()
		o.Observe(resource.Event{Kind: resource.EventShutDown, Pool: "orders", Time: time.Now()})
		time.Sleep(time.Minute)
		o.Observe(resource.Event{Kind: resource.EventOpened, Pool: "orders", Time: time.Now()})
		fails()
		b.says(t,
			`2h0m0s level=INFO msg="pool: closed" pool=orders`,
			`2h1m0s level=WARN msg="pool: opens fail" pool=orders error=refused`,
		)
	})
}

// A deadline that ends during an opening is logged as a failed opening.
func TestDeadlineWhileOpening(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, o := newBook(poollog.Options{})
		pool := newPool(t, resource.Config[int]{
			Observer: o,
			Open: func(ctx context.Context) (int, error) {
				<-ctx.Done()
				return 0, ctx.Err()
			},
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := pool.Acquire(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		b.says(t, `1s level=WARN msg="pool: opens fail" pool=orders error="resource: open: context deadline exceeded"`)
		pool.Close()
	})
}
