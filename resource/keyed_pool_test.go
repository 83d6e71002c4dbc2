package resource

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"
)

// pool returns the pool of a key.
func (w *keyedWorld) pool(key string) *Pool[keyedThing] {
	w.t.Helper()
	p, err := w.k.Pool(key)
	if err != nil {
		w.t.Fatalf("pool of %s: %v", key, err)
	}
	return p
}

// The pool of a key and the Keyed lend the same resources, under the same limits.
func TestKeyedPool(t *testing.T) {
	inKeyedWorld(t, keyedConfig{MaxActive: 2}, thingConfig{}, func(w *keyedWorld) {
		p := w.pool("a")
		if again := w.pool("a"); again != p {
			t.Error("the key has two pools")
		}
		w.take("a", "a1").Release()
		l, err := p.Acquire(context.Background())
		if err != nil || l.Value().n != 1 {
			t.Fatalf("got %v, %v", l, err)
		}
		b := w.take("b", "b2")
		if _, err := p.TryAcquire(context.Background()); !errors.Is(err, ErrExhausted) {
			t.Errorf("the total is reached: %v", err)
		}
		waiter := w.start("c")
		waiter.pending()
		l.Release() // its place goes to the waiter of another key
		w.step()
		c := waiter.granted("c3")
		w.claim([]string{"a1", "b2", "c3"}, []string{"a1"})
		if st := p.Stats(); st.Idle != 0 || st.Acquired != 2 || st.Closed.Displaced != 1 {
			t.Errorf("stats: %v", st)
		}
		b.Release()
		c.Release()
	})
}

// A key with a limit of its own is resized by its pool.
func TestKeyedPoolResize(t *testing.T) {
	inKeyedWorld(t, keyedConfig{MaxActive: 3}, thingConfig{MaxActive: 1}, func(w *keyedWorld) {
		p := w.pool("a")
		first, second := w.start("a"), w.start("a")
		second.pending()
		w.perKey = 2
		if err := p.Resize(2, 0); err != nil {
			t.Fatal(err)
		}
		w.step()
		a, b := first.granted("a1"), second.granted("a2")
		if err := p.Resize(1, 0); err != nil {
			t.Fatal(err)
		}
		a.Release() // above the limit
		b.Release()
		w.claim([]string{"a1", "a2"}, []string{"a1"})
	})
	inKeyedWorld(t, keyedConfig{MaxIdle: KeepNone}, thingConfig{}, func(w *keyedWorld) {
		if err := w.pool("a").Resize(5, 5); err != nil {
			t.Fatal(err)
		}
		w.take("a", "a1").Release() // none is kept over all keys
		w.claim([]string{"a1"}, []string{"a1"})
	})
}

// A pool that the program has asked for is not dropped when it is empty, but its Close
// drops it.
func TestKeyedPoolStays(t *testing.T) {
	inKeyedWorld(t, keyedConfig{KeepEmpty: time.Second}, thingConfig{}, func(w *keyedWorld) {
		w.take("a", "a1").Discard()
		p := w.pool("a")
		time.Sleep(10 * time.Second)
		if again := w.pool("a"); again != p {
			t.Error("the key was dropped")
		}
		l, err := p.Acquire(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		p.Close()
		if keys := w.k.Keys(); len(keys) != 0 {
			t.Errorf("keys: %v", keys)
		}
		if _, err := p.Acquire(context.Background()); !errors.Is(err, ErrClosed) {
			t.Errorf("the pool is closed: %v", err)
		}
		w.take("a", "a3").Release() // made anew
		l.Release()
		w.claim([]string{"a1", "a2", "a3"}, []string{"a1", "a2"})
		if err := p.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func TestKeyedPoolEnds(t *testing.T) {
	inKeyedWorld(t, keyedConfig{}, thingConfig{}, func(w *keyedWorld) {
		p := w.pool("a")
		w.k.Remove("a")
		if _, err := p.Acquire(context.Background()); !errors.Is(err, ErrClosed) {
			t.Errorf("removed: %v", err)
		}
		if w.pool("a") == p {
			t.Error("the removed pool has come back")
		}
		w.config = func(string) (thingConfig, error) { return thingConfig{}, errors.New("boom") }
		var of *KeyError
		if _, err := w.k.Pool("b"); !errors.As(err, &of) {
			t.Errorf("no configuration: %v", err)
		}
		w.k.Close()
		if _, err := w.k.Pool("a"); !errors.Is(err, ErrClosed) {
			t.Errorf("closed: %v", err)
		}
	})
}

// A program that refers to the pool of a key keeps the Keyed open.
func TestKeyedPoolKeepsKeyed(t *testing.T) {
	closed := make(chan int, 1)
	p := func() *Pool[int] {
		k, err := NewKeyed(KeyedConfig[string, int]{Config: func(string) (Config[int], error) {
			return Config[int]{
				Open:  func(context.Context) (int, error) { return 1, nil },
				Close: func(v int) error { closed <- v; return nil },
			}, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		p, err := k.Pool("a")
		if err != nil {
			t.Fatal(err)
		}
		return p
	}()
	for range 3 {
		runtime.GC()
	}
	l, err := p.Acquire(context.Background())
	if err != nil {
		t.Fatalf("the Keyed was collected: %v", err)
	}
	l.Release()
	runtime.KeepAlive(p)
	p = nil
	runtime.GC()
	<-closed // both are collected
}
