package resource

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// marker adds its name to the contexts of openings, and to those of acquires that open.
type marker struct {
	name string
	does func() // when it is called; nil: nothing

	mu  sync.Mutex
	all []string
}

type markKey struct{}

func marksIn(ctx context.Context) string {
	s, _ := ctx.Value(markKey{}).(string)
	return s
}

func (m *marker) Observe(e Event) {
	switch e.Kind {
	case EventAcquired, EventRefused, EventOpened, EventOpenFailed:
		m.mu.Lock()
		defer m.mu.Unlock()
		m.all = append(m.all, fmt.Sprintf("%v:%s", e.Kind, marksIn(e.Context)))
	}
}

func (m *marker) mark(ctx context.Context, what string) context.Context {
	if m.does != nil {
		m.does()
	}
	return context.WithValue(ctx, markKey{}, marksIn(ctx)+" "+m.name+" "+what)
}

func (m *marker) AcquireOpens(ctx context.Context, pool string, began time.Time) context.Context {
	return m.mark(ctx, fmt.Sprintf("acquires from %s since %v", pool, time.Since(began)))
}

func (m *marker) OpenBegins(ctx context.Context, pool string) context.Context {
	return m.mark(ctx, "opens "+pool)
}

func (m *marker) expect(t *testing.T, want ...string) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if !slices.Equal(m.all, want) {
		t.Errorf("got %q\nwant %q", m.all, want)
	}
	m.all = nil
}

// What each OpenObserver adds comes to Open, to the event of the opening, and to that of the acquire.
func TestOpenObserver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := &marker{name: "a"}, &marker{name: "b"}
		var opened []string
		p, err := New(Config[int]{
			Name: "p", Observer: Observers(a, &leaks{}, b), MaxActive: 1,
			Open: func(ctx context.Context) (int, error) {
				opened = append(opened, marksIn(ctx))
				if len(opened) == 1 {
					return 0, errors.New("down")
				}
				return 1, nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if _, err := p.Acquire(context.Background()); err == nil {
			t.Error("no error")
		}
		const (
			acquires = " a acquires from p since 0s b acquires from p since 0s"
			opens    = acquires + " a opens p b opens p"
		)
		a.expect(t, "open_failed:"+opens, "refused:"+acquires)
		b.expect(t, "open_failed:"+opens, "refused:"+acquires)
		for range 2 { // the second acquire opens nothing
			l, err := p.AcquireBackground(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			l.Release()
		}
		a.expect(t, "opened:"+opens, "acquired:"+acquires, "acquired:")
		if !slices.Equal(opened, []string{opens, opens}) {
			t.Errorf("Open was called with %q", opened)
		}
	})
}

// An opening in advance belongs to no acquire.
func TestOpenObserverInAdvance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &marker{name: "m"}
		p, err := New(Config[int]{Name: "p", Observer: m, MinIdle: 1, Open: func(ctx context.Context) (int, error) { return 1, nil }})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		synctest.Wait()
		m.expect(t, "opened: m opens p")
	})
}

// In a Keyed, and with an opening that its caller leaves, it is the same.
func TestOpenObserverOfAKeyDetached(t *testing.T) {
	m := &marker{name: "m"}
	inKeyedWorld(t, keyedConfig{}, thingConfig{Name: "k", Observer: m, OpenDetached: true}, func(w *keyedWorld) {
		l := w.take("a", "a1")
		l.Release()
		const acquires = " m acquires from k since 0s"
		m.expect(t, "opened:"+acquires+" m opens k", "acquired:"+acquires)
		w.claim([]string{"a1"}, nil)
	})
}

// An OpenObserver that panics, or ends its goroutine, does no harm.
func TestOpenObserverFails(t *testing.T) {
	for name, fails := range map[string]func(){"panic": func() { panic("no") }, "Goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, after := &marker{name: "m", does: fails}, &marker{name: "after"}
				p, err := New(Config[int]{Name: "p", Observer: Observers(m, after), Open: func(context.Context) (int, error) { return 1, nil }})
				if err != nil {
					t.Fatal(err)
				}
				defer p.Close()
				l, err := p.Acquire(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				l.Release()
				after.expect(t, "opened: after acquires from p since 0s after opens p", "acquired: after acquires from p since 0s")
				if n := p.Stats().ObserverPanics; n != 2 {
					t.Errorf("%d panics are counted, want 2", n)
				}
			})
		})
	}
}
