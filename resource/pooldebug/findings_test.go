package pooldebug_test

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
)

// TestFindings puts a pool into each state that the page has words for.
func TestFindings(t *testing.T) {
	refused := errors.New("connection refused")
	for name, c := range map[string]struct {
		set  func(*resource.Config[string])
		do   func(w *world)
		want []string
	}{
		"nothing": {do: func(w *world) { w.lease(3) }},
		"all leased": {
			do:   func(w *world) { w.lease(4) },
			want: []string{"At the limit: all 4 are leased. The next caller waits or is refused."},
		},
		"the only one leased": {
			set:  func(c *resource.Config[string]) { c.MaxActive = 1 },
			do:   func(w *world) { w.lease(1) },
			want: []string{"At the limit: the only one is leased. The next caller waits or is refused."},
		},
		"all leased, and waiters": {
			do:   func(w *world) { w.lease(4); w.wait(2); time.Sleep(time.Second); w.wait(1) },
			want: []string{"At the limit: all 4 are leased. 3 callers wait, the first for 1s."},
		},
		"the last open failed": {
			do:   func(w *world) { w.failOnce(refused); time.Sleep(3 * time.Second) },
			want: []string{"Opens fail. The last one failed 3s ago: connection refused"},
		},
		"an open failed, and another has succeeded": {
			do: func(w *world) { w.failOnce(refused); w.lease(1) },
		},
		"opens are held back": {
			set: func(c *resource.Config[string]) {
				c.OpenBackoff, c.WaitTimeout = policy.Backoff{Max: time.Hour}, time.Hour
			},
			do: func(w *world) {
				w.fails = refused
				w.wait(2)
				time.Sleep(time.Second)
			},
			want: []string{"Opens fail. The last one failed 998ms ago: connection refused", "2 callers wait, the first for 998ms."},
		},
		"opening is slow": {
			do: func(w *world) {
				w.lease(1)
				for range 3 {
					go func() {
						if l, err := w.pool.Acquire(w.callers); err == nil {
							l.Release()
						}
					}()
				}
				synctest.Wait()
				w.wait(1)
				time.Sleep(time.Millisecond)
			},
			want: []string{"At the limit, with 3 of 4 still being opened: opening is slow. 1 caller waits, the first for 1ms."},
		},
		"closing hangs": {
			set: func(c *resource.Config[string]) {
				c.Close = func(string) error { time.Sleep(time.Minute); return nil }
			},
			do: func(w *world) {
				w.lease(4)
				for _, l := range w.leases {
					go l.Discard()
				}
				synctest.Wait()
				w.leases = nil
				w.wait(1)
				time.Sleep(time.Second)
			},
			want: []string{"At the limit, with 4 of 4 still being closed: closing is slow or hangs. 1 caller waits, the first for 1s."},
		},
		"tests are slow": {
			set: func(c *resource.Config[string]) {
				c.BorrowTest = policy.Test(func(ctx context.Context, _ string, _ time.Time) error {
					time.Sleep(time.Second)
					return nil
				})
			},
			do: func(w *world) {
				w.lease(4)
				for _, l := range w.leases {
					l.Release()
				}
				w.leases = nil
				w.wait(5)
				time.Sleep(500 * time.Millisecond)
			},
			want: []string{"At the limit, with 4 of 4 under test: tests are slow. 1 caller waits, the first for 500ms."},
		},
		"a close was abandoned": {
			set: func(c *resource.Config[string]) {
				c.CloseTimeout = time.Second
				c.Close = func(string) error { time.Sleep(time.Minute); return nil }
			},
			do: func(w *world) {
				w.lease(1)
				w.leases[0].Discard()
				time.Sleep(2 * time.Second)
			},
			want: []string{"1 close was abandoned: the other end may still have resources that the pool no longer counts."},
		},
		"a leak": {
			set:  func(c *resource.Config[string]) { c.LeakAfter = time.Minute },
			do:   func(w *world) { w.lease(1); time.Sleep(2 * time.Minute) },
			want: []string{"1 lease is out for longer than LeakAfter. The longest, for 2m0s, was acquired by pooldebug_test.(*world).lease (world_test.go:LINE)."},
		},
		"closed": {
			do: func(w *world) {
				w.lease(4)
				w.pool.Close()
				w.pool.TryAcquire(w.callers)
			},
			want: []string{"The pool is closed. 4 leases are still out. 1 acquire came since."},
		},
		"closed, and nothing is left": {
			do:   func(w *world) { w.lease(1); w.leases[0].Release(); w.pool.Close() },
			want: []string{"The pool is closed."},
		},
		"the observer panics": {
			set:  func(c *resource.Config[string]) { c.Observer = panicker{} },
			do:   func(w *world) { w.lease(1) },
			want: []string{"The observer has panicked 2 times."},
		},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, c.set, func(t *testing.T, w *world) {
				c.do(w)
				got := reportOf(t, handlerOf(t, w.pool), "").Pools[0].Findings
				for i := range got {
					got[i] = regexp.MustCompile(`_test\.go:\d+`).ReplaceAllString(got[i], "_test.go:LINE")
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("the page says %q, want %q", got, c.want)
				}
			})
		})
	}
}

type panicker struct{}

func (panicker) Observe(resource.Event) { panic("no") }
