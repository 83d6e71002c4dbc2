package resource

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// The resources leased under any key are closed while their holders have them. The error
// names each holder with its key.
func TestKeyedTerminate(t *testing.T) {
	inKeyedWorld(t, keyedConfig{MaxActive: 4}, thingConfig{LeakAfter: time.Hour}, func(w *keyedWorld) {
		w.onClose = func(keyedThing) { time.Sleep(time.Second) }
		a, a2, b, c := w.take("a", "a1"), w.take("a", "a2"), w.take("b", "b3"), w.take("c", "c4")
		c.Release()
		w.k.Remove("b")
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		done := make(chan error, 1)
		began := time.Now()
		go func() { done <- w.k.Terminate(ctx) }()
		w.step()
		if _, err := w.k.Acquire(context.Background(), "a"); !errors.Is(err, ErrClosed) {
			t.Errorf("it lends: %v", err)
		}
		a2.Release()
		err := <-done
		if took := time.Since(began); took != time.Minute+time.Second { // all closes at once
			t.Errorf("it took %v", took)
		}
		var incomplete *ShutdownError
		if !errors.As(err, &incomplete) || !errors.Is(err, context.DeadlineExceeded) || incomplete.Leased != 2 || len(incomplete.Terminated) != 2 {
			t.Fatalf("got %+v", err)
		}
		slices.SortFunc(incomplete.Terminated, func(x, y TerminatedLease) int { return strings.Compare(x.Key.(string), y.Key.(string)) })
		for i, want := range []string{"resource 1 of key a, for 1m0s, by ", "resource 1 of key b, for 1m0s, by "} {
			if h := incomplete.Terminated[i]; !strings.HasPrefix(h.String(), want) || !strings.Contains(h.String(), "_test.go:") {
				t.Errorf("the holder is %v", h)
			}
		}
		for _, l := range []Lease[keyedThing]{a, b} {
			if _, ok := l.ValueOK(); ok || l.Release() || l.Discard() {
				t.Error("the lease is in force")
			}
		}
		w.claim([]string{"a1", "a2", "b3", "c4"}, []string{"a1", "a2", "b3", "c4"})
		if err := w.k.Terminate(context.Background()); err != nil {
			t.Errorf("nothing is left: %v", err)
		}
	})
}

// The pool of a key terminates its own leases only, and names them like the Keyed.
func TestKeyedTerminateOfOnePool(t *testing.T) {
	inKeyedWorld(t, keyedConfig{MaxActive: 4}, thingConfig{}, func(w *keyedWorld) {
		w.take("a", "a1")
		b := w.take("b", "b2")
		p, err := w.k.Pool("a")
		if err != nil {
			t.Fatal(err)
		}
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		var incomplete *ShutdownError
		if err := p.Terminate(ended); !errors.As(err, &incomplete) || len(incomplete.Terminated) != 1 || incomplete.Terminated[0].Key != "a" {
			t.Errorf("got %+v", err)
		}
		w.claim([]string{"a1", "b2"}, []string{"a1"})
		b.Release()
	})
}

// Without holders it is a shutdown.
func TestKeyedTerminateOfNothing(t *testing.T) {
	inKeyedWorld(t, keyedConfig{}, thingConfig{}, func(w *keyedWorld) {
		w.take("a", "a1").Release()
		if err := w.k.Terminate(context.Background()); err != nil {
			t.Error(err)
		}
		w.claim([]string{"a1"}, []string{"a1"})
	})
}

func TestKeyedWaitReady(t *testing.T) {
	inKeyedWorld(t, keyedConfig{MaxActive: 4, KeepEmpty: time.Second}, thingConfig{MinIdle: 2}, func(w *keyedWorld) {
		down := true
		w.onOpen = func(_ context.Context, v keyedThing) error {
			time.Sleep(time.Second)
			if down && v.key == "b" {
				return errDown
			}
			return nil
		}
		ready := func(key string, d time.Duration) error {
			ctx, cancel := context.WithTimeout(context.Background(), d)
			defer cancel()
			return w.k.WaitReady(ctx, key)
		}
		began := time.Now()
		if err := ready("a", time.Minute); err != nil || time.Since(began) != 2*time.Second {
			t.Errorf("a: %v after %v", err, time.Since(began))
		}
		if err := ready("b", 5*time.Second); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "key b: ") || !strings.Contains(err.Error(), errDown.Error()) {
			t.Errorf("b: %v", err)
		}
		down = false
		if err := ready("b", time.Minute); err != nil {
			t.Errorf("b: %v", err)
		}
		go func() {
			time.Sleep(500 * time.Millisecond)
			w.k.Remove("c")
		}()
		if err := ready("c", time.Minute); !errors.Is(err, ErrKeyRemoved) {
			t.Errorf("c: %v", err)
		}
		config := w.config
		w.config = func(key string) (thingConfig, error) { return thingConfig{}, errDown }
		if err, wrong := ready("d", time.Minute), (*KeyError)(nil); !errors.As(err, &wrong) {
			t.Errorf("d: %v", err)
		}
		w.config = config
		w.k.Close()
		if err := ready("a", time.Minute); !errors.Is(err, ErrClosed) || errors.Is(err, ErrKeyRemoved) {
			t.Errorf("closed: %v", err)
		}
		time.Sleep(time.Minute)
		w.step()
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.all != 0 || len(w.opened) != len(w.closed) {
			t.Errorf("opened %v, closed %v", w.opened, w.closed)
		}
	})
}
