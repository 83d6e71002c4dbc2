package resource

import (
	"context"
	"slices"
	"testing"
	"time"
)

func TestKeyedRemove(t *testing.T) {
	inKeyedWorld(t, keyedConfig{MaxActive: 3}, thingConfig{MaxActive: 2}, func(w *keyedWorld) {
		a, idle, b := w.take("a", "a1"), w.take("a", "a2"), w.take("b", "b3")
		waiter, other := w.start("a"), w.start("c")
		idle.Release() // to the older one, of a
		held := waiter.granted("a2")
		waiter = w.start("a")
		if !w.k.Remove("a") || w.k.Remove("a") || w.k.Remove("never") {
			t.Error("Remove says the wrong thing")
		}
		waiter.failed(ErrKeyRemoved)
		other.pending()
		w.claim([]string{"a1", "a2", "b3"}, nil)
		if a.Value().n != 1 {
			t.Error("the lease is over")
		}
		a.Release()
		w.claim([]string{"c4"}, []string{"a1"})
		other.granted("c4").Release()
		again := w.take("a", "a5")
		w.claim([]string{"a5"}, []string{"c4"})
		held.Discard()
		again.Release()
		b.Release()
		if w.k.Remove("a"); len(w.k.members) != 2 {
			t.Errorf("%d members", len(w.k.members))
		}
		if st := w.k.Stats(); st.Closed.PoolClosed != 2 || st.Closed.Discarded != 1 || st.Rejected != 1 {
			t.Errorf("got %v", st)
		}
		w.claim(nil, []string{"a2", "a5"})
	})
}

// A key that is removed while an acquirer closes for it the resource of another one.
func TestKeyedRemoveMeanwhile(t *testing.T) {
	inKeyedWorld(t, keyedConfig{MaxActive: 1}, thingConfig{}, func(w *keyedWorld) {
		w.take("a", "a1").Release()
		w.onClose = func(keyedThing) { time.Sleep(time.Second) }
		b := w.start("b")
		c := w.start("c")
		w.k.Remove("b")
		b.pending()
		time.Sleep(time.Second)
		b.failed(ErrKeyRemoved)
		c.granted("c2").Release()
	})
}

// Keys are dropped that have been empty for KeepEmpty; their counts stay in the total.
func TestKeyedDropsEmptyKeys(t *testing.T) {
	inKeyedWorld(t, keyedConfig{MaxActive: 2, KeepEmpty: time.Minute}, thingConfig{}, func(w *keyedWorld) {
		keys := func(want ...string) {
			t.Helper()
			w.step()
			if got := slices.Sorted(slices.Values(w.k.Keys())); !slices.Equal(got, want) {
				t.Errorf("keys: %v, want %v", got, want)
			}
		}
		a, b := w.take("a", "a1"), w.take("b", "b2")
		w.k.TryAcquire(context.Background(), "c") // never gets anything
		keys("a", "b", "c")
		time.Sleep(time.Minute)
		keys("a", "b")
		a.Discard()
		time.Sleep(30 * time.Second)
		b.Discard()
		time.Sleep(30 * time.Second)
		keys("b")
		w.take("b", "b3").Discard()
		time.Sleep(59 * time.Second)
		keys("b")
		time.Sleep(time.Second)
		keys()
		if st := w.k.Stats(); st.Opened != 3 || st.Closed.Discarded != 3 || st.Exhausted != 1 || len(w.k.members) != 0 {
			t.Errorf("%d members, %v", len(w.k.members), st)
		}
		w.take("b", "b4").Release()
		keys("b")
		time.Sleep(time.Hour)
		keys("b")
	})
}
