package resource

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// An Open that fails or panics after the place was taken from another key.
func TestKeyedOpenFails(t *testing.T) {
	inKeyedWorld(t, keyedConfig{MaxActive: 1}, thingConfig{}, func(w *keyedWorld) {
		boom := errors.New("boom")
		w.take("a", "a1").Release()
		w.onOpen = func(_ context.Context, v keyedThing) error {
			if v.key == "c" {
				panic(boom)
			}
			return boom
		}
		if b := w.start("b"); !errors.Is(b.err, boom) {
			t.Errorf("got %v", b.err)
		}
		if c := w.start("c"); c.thrown != boom {
			t.Errorf("got %v", c.thrown)
		}
		w.onOpen = nil
		w.take("d", "d4").Release()
	})
}

// A key with a MinIdle is kept. MinIdle takes nobody's place, and is opened when there is
// room.
func TestKeyedMinIdle(t *testing.T) {
	inKeyedWorld(t, keyedConfig{MaxActive: 2, KeepEmpty: time.Minute}, thingConfig{}, func(w *keyedWorld) {
		good := w.config
		w.config = func(key string) (thingConfig, error) {
			c, err := good(key)
			if key == "min" {
				c.MinIdle = 1
			}
			return c, err
		}
		a, b := w.take("a", "a1"), w.take("b", "b2")
		w.k.TryAcquire(context.Background(), "min")
		a.Release()
		time.Sleep(time.Hour)
		w.claim([]string{"a1", "b2"}, nil)
		if got := slices.Sorted(slices.Values(w.k.Keys())); len(got) != 3 {
			t.Errorf("keys: %v", got)
		}
		w.take("a", "a1").Discard()
		w.claim([]string{"min3"}, []string{"a1"})
		c := w.take("c", "c4") // needs the place
		w.claim([]string{"c4"}, []string{"min3"})
		b.Discard()
		time.Sleep(time.Minute)
		w.claim([]string{"min5"}, []string{"b2"})
		c.Release()
	})
}

// A key whose server is down holds its openings. Its waiters keep no place from others, and
// are served once the server is back, though the total is full.
func TestKeyedHoldsOpens(t *testing.T) {
	each := thingConfig{OpenBackoff: policy.Backoff{First: time.Second, Max: time.Second}, WaitTimeout: time.Minute}
	inKeyedWorld(t, keyedConfig{MaxActive: 2}, each, func(w *keyedWorld) {
		boom := errors.New("boom")
		var up atomic.Bool
		var attempts atomic.Uint64
		w.onOpen = func(_ context.Context, v keyedThing) error {
			if v.key == "down" && !up.Load() {
				attempts.Add(1)
				return boom
			}
			return nil
		}
		first, second := w.start("down"), w.start("down")
		first.pending()
		second.pending()
		a, b := w.take("a", "a2"), w.take("b", "b3")
		third := w.start("c")
		a.Release()
		third.granted("c4").Release()
		time.Sleep(5 * time.Second) // each probe takes an idle one's place
		if n := attempts.Load(); n < 4 || n > 6 {
			t.Errorf("%d attempts in 5 s", n)
		}
		up.Store(true)
		time.Sleep(2 * time.Second)
		one := first.served()
		second.pending()
		b.Release()
		second.served().Release()
		one.Release()
		if st := w.k.Stats(); st.Failed != 0 || st.Acquired != 5 || st.OpenFailed != attempts.Load() {
			t.Errorf("%d attempts, %v", attempts.Load(), st)
		}
	})
}
