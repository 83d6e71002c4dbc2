package resource

import (
	"context"
	"errors"
	"testing"
	"time"
)

// At the total, an acquire takes the place of the resource that has been idle longest
// under any key. The close comes first.
func TestKeyedDisplaces(t *testing.T) {
	inKeyedWorld(t, keyedConfig{MaxActive: 3}, thingConfig{}, func(w *keyedWorld) {
		a, b, c := w.take("a", "a1"), w.take("b", "b2"), w.take("c", "c3")
		b.Release()
		a.Release()
		w.claim([]string{"a1", "b2", "c3"}, nil)
		w.onClose = func(keyedThing) { time.Sleep(time.Second) }
		d := w.start("d")
		d.pending()
		if st, _ := w.k.StatsOf("d"); st.Opening != 1 {
			t.Errorf("d: %v", st)
		}
		w.claim(nil, nil)
		time.Sleep(time.Second)
		w.claim([]string{"d4"}, []string{"b2"})
		d.granted("d4").Release()
		w.take("a", "a1").Release()
		c.Release()
		e := w.start("e")
		time.Sleep(time.Second)
		e.granted("e5").Release()
		w.claim([]string{"e5"}, []string{"d4"})
		if st := w.k.Stats(); st.Closed.Displaced != 2 || st.PeakActive != 3 || st.PeakLeased != 3 || st.PeakIdle != 3 || st.Opened != 5 {
			t.Errorf("got %v", st)
		}
	})
}

// One queue over all keys: what comes back goes to whoever has waited longest, though it
// has to be closed for that.
func TestKeyedQueue(t *testing.T) {
	inKeyedWorld(t, keyedConfig{MaxActive: 2}, thingConfig{}, func(w *keyedWorld) {
		a, b := w.take("a", "a1"), w.take("b", "b2")
		first, second, third := w.start("a"), w.start("c"), w.start("b")
		if _, err := w.k.TryAcquire(context.Background(), "d"); wrapped(err) != ErrExhausted {
			t.Errorf("TryAcquire: %v", err)
		}
		b.Release() // the oldest waits for a
		w.claim([]string{"a1", "a3", "b2"}, []string{"b2"})
		a3 := first.granted("a3")
		second.pending()
		a.Release()
		c := second.granted("c4")
		w.claim([]string{"c4"}, []string{"a1"})
		a3.Release()
		third.granted("b5").Release()
		w.claim([]string{"b5"}, []string{"a3"})
		c.Release()
		w.claim(nil, nil)
	})
}

// A waiter gets what comes back under its own key, if it has waited longest.
func TestKeyedOwnKeyFirst(t *testing.T) {
	inKeyedWorld(t, keyedConfig{MaxActive: 2}, thingConfig{}, func(w *keyedWorld) {
		a, b := w.take("a", "a1"), w.take("b", "b2")
		first, second := w.start("a"), w.start("c")
		a.Release()
		first.granted("a1")
		second.pending()
		b.Release()
		second.granted("c3").Release()
		first.lease.Release()
	})
}

// A waiter held up by the limit of its own key does not keep waiters of other keys from
// free places.
func TestKeyedLimitOfAKey(t *testing.T) {
	inKeyedWorld(t, keyedConfig{MaxActive: 3}, thingConfig{MaxActive: 1}, func(w *keyedWorld) {
		a := w.take("a", "a1")
		own := w.start("a")
		b := w.take("b", "b2")
		w.take("c", "c3").Release()
		d := w.take("d", "d4")
		e := w.start("e")
		w.claim([]string{"a1", "b2", "c3", "d4"}, []string{"c3"})
		// The waiter of a is older than that of e, and lacks a place of its own key.
		b.Release()
		e.granted("e5")
		own.pending()
		a.Release()
		own.granted("a1").Release()
		d.Release()
		e.lease.Release()
	})
}

func TestKeyedMaxIdle(t *testing.T) {
	inKeyedWorld(t, keyedConfig{MaxIdle: 2}, thingConfig{}, func(w *keyedWorld) {
		a, b, c := w.take("a", "a1"), w.take("b", "b2"), w.take("c", "c3")
		a.Release()
		b.Release()
		c.Release()
		w.claim([]string{"a1", "b2", "c3"}, []string{"a1"})
		if st, _ := w.k.StatsOf("a"); st.Closed.Surplus != 1 {
			t.Errorf("a: %v", st)
		}
	})
	inKeyedWorld(t, keyedConfig{MaxIdle: KeepNone}, thingConfig{}, func(w *keyedWorld) {
		w.take("a", "a1").Release()
		w.claim([]string{"a1"}, []string{"a1"})
	})
}

// An acquirer leaves while it closes the resource of another key: then the place goes to
// the next.
func TestKeyedCancelWhileClosing(t *testing.T) {
	inKeyedWorld(t, keyedConfig{MaxActive: 1}, thingConfig{}, func(w *keyedWorld) {
		w.take("a", "a1").Release()
		w.onClose = func(keyedThing) { time.Sleep(time.Second) }
		b, c := w.start("b"), w.start("c")
		b.cancel()
		b.failed(context.Canceled)
		c.pending()
		time.Sleep(time.Second)
		c.granted("c2").Release()
		if st := w.k.Stats(); st.Failed != 1 || st.Closed.Displaced != 1 {
			t.Errorf("got %v", st)
		}
	})
}

// A waiter leaves that was just given the place of another key's resource.
func TestKeyedCancelAgainstReturn(t *testing.T) {
	for range 50 {
		inKeyedWorld(t, keyedConfig{MaxActive: 1}, thingConfig{}, func(w *keyedWorld) {
			a := w.take("a", "a1")
			b, c := w.start("b"), w.start("c")
			go b.cancel()
			go a.Release()
			w.step()
			if b.err == nil {
				b.lease.Release()
			}
			w.step()
			if c.err != nil || !c.over() {
				t.Fatalf("c: %v", c.err)
			}
			c.lease.Release()
		})
	}
}

// A Close that panics does so in the acquirer that needs the place, and the place is
// free afterwards.
func TestKeyedPanicInClose(t *testing.T) {
	inKeyedWorld(t, keyedConfig{MaxActive: 1}, thingConfig{}, func(w *keyedWorld) {
		w.take("a", "a1").Release()
		boom := errors.New("boom")
		w.onClose = func(keyedThing) { panic(boom) }
		b := w.start("b")
		if p, ok := b.thrown.(*PanicError); !ok || p.Value != boom {
			t.Fatalf("got %v", b.thrown)
		}
		w.onClose = nil
		w.take("b", "b2").Release()
	})
}
