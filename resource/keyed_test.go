package resource

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/respool/respool/policy"
)

func TestKeyedResetAndRetire(t *testing.T) {
	inKeyedWorld(t, keyedConfig{}, thingConfig{}, func(w *keyedWorld) {
		a, b := w.take("a", "a1"), w.take("b", "b2")
		a.Release()
		w.k.Reset()
		w.claim([]string{"a1", "b2"}, []string{"a1"})
		b.Release()
		w.claim(nil, []string{"b2"})
		a, b = w.take("a", "a3"), w.take("b", "b4")
		c := w.take("b", "b5")
		a.Release()
		b.Release()
		w.k.Retire(func(key string, v keyedThing) bool { return key == "b" && key == v.key })
		w.claim([]string{"a3", "b4", "b5"}, []string{"b4"})
		c.Release()
		w.claim(nil, []string{"b5"})
		if st := w.k.Stats(); st.Closed.Reset != 2 || st.Closed.Retired != 2 || st.Resets != 2 {
			t.Errorf("got %v", st)
		}
	})
}

func TestKeyedDo(t *testing.T) {
	inKeyedWorld(t, keyedConfig{}, thingConfig{}, func(w *keyedWorld) {
		boom := errors.New("boom")
		for _, want := range []error{nil, boom, Broken(boom)} {
			if err := w.k.Do(context.Background(), "a", func(_ context.Context, v keyedThing) error { return want }); err != want {
				t.Errorf("got %v, want %v", err, want)
			}
		}
		w.claim([]string{"a1"}, []string{"a1"})
	})
}

// A close that hangs keeps its place only for CloseTimeout: then the acquirer of another
// key that needs the place opens.
func TestKeyedCloseTimeout(t *testing.T) {
	inKeyedWorld(t, keyedConfig{MaxActive: 1}, thingConfig{CloseTimeout: time.Second}, func(w *keyedWorld) {
		w.limit = 2 // as the world counts: the close goes on
		w.take("a", "a1").Release()
		w.onClose = func(v keyedThing) {
			if v.key == "a" {
				time.Sleep(time.Minute)
			}
		}
		b := w.start("b")
		time.Sleep(time.Second)
		synctest.Wait()
		if !b.over() || b.err != nil {
			t.Fatalf("over: %t, %v", b.over(), b.err)
		}
		if st := w.k.Stats(); st.ClosesAbandoned != 1 || st.Closed.Displaced != 1 || st.Active != 1 {
			t.Errorf("got %v", st)
		}
		b.lease.Release()
		time.Sleep(time.Minute)
	})
}

// Idle resources are tested in the background, key by key. A resource under test is not
// displaced, and goes to the waiter that has waited longest under any key.
func TestKeyedTestsIdle(t *testing.T) {
	each := thingConfig{TestIdleEvery: time.Minute}
	each.BorrowTest = policy.IfIdleFor(time.Hour, policy.Test(func(ctx context.Context, v keyedThing, _ time.Time) error {
		if WhileIdle(ctx) {
			time.Sleep(time.Second)
		}
		return nil
	}))
	inKeyedWorld(t, keyedConfig{MaxActive: 1}, each, func(w *keyedWorld) {
		w.take("a", "a1").Release()
		time.Sleep(time.Minute)
		w.step()
		if st := w.k.Stats(); st.Testing != 1 {
			t.Fatalf("got %v", st)
		}
		b := w.start("b")
		b.pending()
		time.Sleep(time.Second)
		b.granted("b2").Release()
		w.claim([]string{"a1", "b2"}, []string{"a1"})
		time.Sleep(time.Minute + time.Second)
		w.take("b", "b2").Release()
		w.k.Close()
	})
}

// A broken resource casts suspicion on those of its own key alone.
func TestKeyedSuspects(t *testing.T) {
	var tested []string
	test := policy.IfSuspected(policy.Test(func(_ context.Context, v keyedThing, _ time.Time) error {
		tested = append(tested, v.String())
		return nil
	}))
	inKeyedWorld(t, keyedConfig{}, thingConfig{BorrowTest: test, TestSuspects: true}, func(w *keyedWorld) {
		a1, a2, b3 := w.take("a", "a1"), w.take("a", "a2"), w.take("b", "b3")
		a1.Release()
		b3.Release()
		a2.Discard()
		w.take("b", "b3").Release()
		w.take("a", "a1").Release()
		w.take("a", "a1").Release() // it came back later
		w.claim([]string{"a1", "a2", "b3"}, []string{"a2"})
		if want := []string{"a1"}; !slices.Equal(tested, want) {
			t.Errorf("tested %v, want %v", tested, want)
		}
	})
}
