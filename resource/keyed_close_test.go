package resource

import (
	"context"
	"runtime"
	"testing"
	"time"
)

func TestKeyedClose(t *testing.T) {
	inKeyedWorld(t, keyedConfig{MaxActive: 2}, thingConfig{}, func(w *keyedWorld) {
		a := w.take("a", "a1")
		w.take("b", "b2").Release()
		b := w.take("b", "b2")
		waiters := []*keyedCall{w.start("a"), w.start("b"), w.start("c")}
		b.Release()
		waiters[0].granted("a3").Release()
		w.k.Close()
		w.step()              // the waiters have their answers
		rejected := uint64(3) // by the acquires below
		for _, c := range waiters[1:] {
			if c.err == nil {
				c.lease.Release()
				continue
			}
			c.failed(ErrClosed)
			rejected++
		}
		for _, key := range []string{"a", "new"} {
			if _, err := w.k.Acquire(context.Background(), key); wrapped(err) != ErrClosed {
				t.Errorf("%s: %v", key, err)
			}
		}
		if _, err := w.k.TryAcquire(context.Background(), "new"); wrapped(err) != ErrClosed {
			t.Errorf("TryAcquire: %v", err)
		}
		if st := w.k.Stats(); st.Rejected != rejected {
			t.Errorf("%d acquires are counted as rejected, want %d", st.Rejected, rejected)
		}
		if w.k.Remove("a") {
			t.Error("Remove after Close found the key")
		}
		w.k.Reset()
		a.Release()
		w.step()
	})
}

func TestKeyedShutdown(t *testing.T) {
	inKeyedWorld(t, keyedConfig{MaxActive: 3}, thingConfig{}, func(w *keyedWorld) {
		a, b := w.take("a", "a1"), w.take("b", "b2")
		w.k.Remove("b")
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		err := w.k.Shutdown(ctx)
		if err == nil || err.Error() != "resource: shutdown incomplete, 2 leased: context deadline exceeded" {
			t.Errorf("got %v", err)
		}
		go func() {
			time.Sleep(time.Second)
			a.Release()
			b.Release()
		}()
		if err := w.k.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		w.claim([]string{"a1", "b2"}, []string{"a1", "b2"})
	})
}

// A Keyed that the program drops is closed, though a key's functions refer to it.
func TestKeyedDropped(t *testing.T) {
	closed := make(chan string, 2)
	func() {
		var k *Keyed[string, string]
		k, err := NewKeyed(KeyedConfig[string, string]{Config: func(key string) (Config[string], error) {
			return Config[string]{
				Open:  func(context.Context) (string, error) { return key, k.closedError() },
				Close: func(v string) error { closed <- v; return nil },
			}, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"a", "b"} {
			l, err := k.Acquire(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			l.Release()
		}
	}()
	for n := 0; n < 2; {
		runtime.GC()
		select {
		case <-closed:
			n++
		case <-t.Context().Done():
			t.Fatal("not closed")
		default:
			runtime.Gosched()
		}
	}
}

// closedError is for functions that refer to the Keyed.
func (k *Keyed[K, T]) closedError() error {
	if k.Closed() {
		return ErrClosed
	}
	return nil
}
