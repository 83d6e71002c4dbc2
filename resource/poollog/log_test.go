package poollog_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/poollog"
)

// book keeps what is logged, each record with the time since its begin.
type book struct {
	mu    sync.Mutex
	begin time.Time
	text  bytes.Buffer
}

func (b *book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text.WriteString(time.Since(b.begin).String() + " ")
	return b.text.Write(p)
}

// newBook returns a book, and an observer that logs in it.
func newBook(o poollog.Options) (*book, resource.Observer) {
	b := &book{begin: time.Now()}
	handler := slog.NewTextHandler(b, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})
	return b, poollog.New(slog.New(handler), o)
}

// take returns all that the book has, and empties it.
func (b *book) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.text.Reset()
	return b.text.String()
}

// says compares all that the book has with the lines that it should have, and empties it.
func (b *book) says(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	if text := b.take(); text != "" {
		got = strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	}
	for i := range max(len(got), len(want)) {
		g, w := "(nothing)", "(nothing)"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("record %d\n got %s\nwant %s", i, g, w)
		}
	}
}

func newPool(t *testing.T, c resource.Config[int]) *resource.Pool[int] {
	t.Helper()
	c.Name = "orders"
	pool, err := resource.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return pool
}

func TestRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, o := newBook(poollog.Options{Every: 10 * time.Second})
		pool := newPool(t, resource.Config[int]{
			Observer: o, MaxActive: 1, WaitTimeout: time.Second,
			Open: func(context.Context) (int, error) { return 1, nil },
		})
		lease, err := pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for range 12 {
			if _, err := pool.Acquire(t.Context()); err == nil {
				t.Fatal("no error")
			}
		}
		left, leave := context.WithCancel(t.Context()) // nothing is wrong if a caller leaves
		time.AfterFunc(time.Millisecond, leave)
		if _, err := pool.Acquire(left); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		lease.Release()
		time.Sleep(time.Hour)
		text := b.take()
		for _, want := range []string{
			`1s level=WARN msg="pool: an acquire was refused" pool=orders waited=1s error=`,
			`11s level=WARN msg="pool: acquires are still refused" pool=orders count=`,
			`level=INFO msg="pool: acquires are no longer refused" pool=orders count=12 lasted=`,
		} {
			if strings.Count(text, want) != 1 {
				t.Errorf("not once: %s\n%s", want, text)
			}
		}
		hasty, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		lease, _ = pool.Acquire(t.Context())
		if _, err := pool.Acquire(hasty); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		text = b.take()
		if !strings.Contains(text, "pool: an acquire was refused") || !strings.Contains(text, "waited=10ms") {
			t.Errorf("a deadline in the queue is a refusal: %s", text)
		}
		lease.Release()
		pool.Close()
		synctest.Wait()
		b.take()
		for range 3 {
			pool.Acquire(t.Context())
		}
		time.Sleep(time.Hour)
		text = b.take()
		if n := strings.Count(text, "after the pool was closed"); n != 2 {
			t.Errorf("3 acquires of a closed pool make %d records:\n%s", n, text)
		}
	})
}

func TestTestsFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, o := newBook(poollog.Options{Every: 10 * time.Second})
		dead := false
		pool := newPool(t, resource.Config[int]{
			Observer: o,
			Open:     func(context.Context) (int, error) { return 1, nil },
			BorrowTest: policy.Test(func(context.Context, int, time.Time) error {
				if dead {
					return errors.New("no answer")
				}
				return nil
			}),
		})
		cycle := func() {
			lease, err := pool.Acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			lease.Release()
		}
		cycle()
		cycle() // a test that passes
		b.says(t)
		dead = true
		cycle()
		cycle()
		dead = false
		time.Sleep(time.Hour)
		b.says(t,
			`0s level=WARN msg="pool: a resource failed its test" pool=orders error="no answer"`,
			`10s level=WARN msg="pool: resources still fail their test" pool=orders count=2 lasted=10s error="no answer"`,
			`20s level=INFO msg="pool: resources no longer fail their test" pool=orders count=2 lasted=20s`,
		)
		pool.Close()
	})
}

func TestShutdownAndChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, o := newBook(poollog.Options{Every: 10 * time.Second})
		pool := newPool(t, resource.Config[int]{
			Observer: o, CloseTimeout: time.Second,
			Open:  func(context.Context) (int, error) { return 1, nil },
			Close: func(int) error { time.Sleep(time.Minute); return nil },
		})
		lease, err := pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := pool.Resize(3, 1); err != nil {
			t.Fatal(err)
		}
		pool.Reset()
		pool.Reset()
		lease.Discard()
		time.Sleep(time.Minute)
		pool.Close()
		synctest.Wait()
		b.says(t,
			`0s level=INFO msg="pool: resized" pool=orders`,
			`0s level=INFO msg="pool: reset" pool=orders`,
			`1s level=WARN msg="pool: a close takes too long and was abandoned" pool=orders took=1s`,
			`10s level=INFO msg="pool: reset again and again" pool=orders count=2 lasted=10s`,
			`11s level=INFO msg="pool: closes no longer take too long" pool=orders count=1 lasted=10s`,
			`1m1s level=INFO msg="pool: closed" pool=orders`,
		)
	})
}

// Leases that leak in one place are one problem, in two places two.
func TestLeaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, o := newBook(poollog.Options{Every: 10 * time.Second})
		leak := func(kind resource.EventKind, goroutine, line string) {
			o.Observe(resource.Event{
				Kind: kind, Pool: "orders", Time: time.Now(), Took: time.Minute,
				Stack: []byte("goroutine " + goroutine + " [running]:\nmain.f(0xc00" + goroutine + ")\n\t/app/main.go:" + line + " +0x" + goroutine + "\n"),
			})
		}
		leak(resource.EventLeaked, "1", "10")
		leak(resource.EventLeaked, "2", "10")
		leak(resource.EventLeaked, "3", "20")
		leak(resource.EventLeakReturned, "1", "10")
		leak(resource.EventLost, "4", "30")
		time.Sleep(time.Hour)
		text := b.take()
		for want, n := range map[string]int{
			`msg="pool: a lease has been out for long" pool=orders took=1m0s stack="goroutine 1 `:               1,
			`msg="pool: a lease has been out for long" pool=orders took=1m0s stack="goroutine 3 `:               1,
			`msg="pool: a lease has been out for long"`:                                                         2,
			`msg="pool: more leases of this stack have been out for long" pool=orders count=2 lasted=10s took=`: 1,
			`level=INFO msg="pool: a lease that was out for long came back"`:                                    1,
			`level=ERROR msg="pool: the program lost a lease" pool=orders stack="goroutine 4 `:                  1,
			`/app/main.go:20`: 1,
			"\n":              5,
		} {
			if got := strings.Count(text, want); got != n {
				t.Errorf("%d times, want %d: %s\n%s", got, n, want, text)
			}
		}
	})
}

// Pools have problems of their own.
func TestPoolsApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, o := newBook(poollog.Options{})
		for _, e := range []resource.Event{
			{Kind: resource.EventOpenFailed, Pool: "a", Err: errors.New("x")},
			{Kind: resource.EventOpened, Pool: "b"},
			{Kind: resource.EventOpenFailed, Pool: "b", Err: errors.New("y")},
			{Kind: resource.EventOpened, Pool: "a"},
		} {
			e.Time = time.Now()
			o.Observe(e)
		}
		b.says(t,
			`0s level=WARN msg="pool: opens fail" pool=a error=x`,
			`0s level=WARN msg="pool: opens fail" pool=b error=y`,
			`0s level=INFO msg="pool: opens succeed again" pool=a count=1 lasted=0s`,
		)
	})
}

// The stacks of a real pool lead to the line that leaks, and two leases of one line are one problem.
func TestRealLeaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, o := newBook(poollog.Options{Every: 10 * time.Second})
		pool := newPool(t, resource.Config[int]{
			Observer: o, LeakAfter: time.Minute,
			Open: func(context.Context) (int, error) { return 1, nil },
		})
		leases := make(chan resource.Lease[int], 2)
		for range 2 {
			go func() { leases <- leak(t, pool) }()
			time.Sleep(time.Second)
		}
		elsewhere, err := pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		text := b.take()
		if strings.Count(text, "pool: a lease has been out for long") != 2 || strings.Count(text, `pool: more leases of this stack have been out for long" pool=orders count=2`) != 1 {
			t.Errorf("two leases of one line, and one of another:\n%s", text)
		}
		if !strings.Contains(text, "poollog_test.leak") || !strings.Contains(text, "log_test.go:") {
			t.Errorf("the stack does not lead to the caller:\n%s", text)
		}
		for range 2 {
			(<-leases).Release()
		}
		elsewhere.Release()
		synctest.Wait()
		if text := b.take(); strings.Count(text, "pool: a lease that was out for long came back") != 2 {
			t.Errorf("all come back:\n%s", text)
		}
		pool.Close()
	})
}

// leak has a line of code that keeps a lease for long.
func leak(t *testing.T, pool *resource.Pool[int]) resource.Lease[int] {
	lease, err := pool.Acquire(t.Context())
	if err != nil {
		t.Error(err)
	}
	return lease
}
