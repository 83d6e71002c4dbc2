package resource

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/respool/respool/policy"
)

type (
	keyedConfig = KeyedConfig[string, keyedThing]
	thingConfig = Config[keyedThing]
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

func TestKeyedConfigOfAKey(t *testing.T) {
	inKeyedWorld(t, keyedConfig{MaxActive: 2, MaxIdle: 1}, thingConfig{}, func(w *keyedWorld) {
		good := w.config
		boom := errors.New("boom")
		w.config = func(key string) (thingConfig, error) {
			c, _ := good(key)
			switch key {
			case "error":
				return c, boom
			case "no open":
				c.Open = nil
			case "too many":
				c.MinIdle = 3
			case "too many idle":
				c.MinIdle = 2
			case "panic":
				panic(boom)
			}
			return c, nil
		}
		for key, want := range map[string]string{
			"error":         "resource: key error: boom",
			"no open":       "resource: key no open: resource: Config.Open is nil",
			"too many":      "resource: key too many: resource: Config.MinIdle is 3, above KeyedConfig.MaxActive, which is 2",
			"too many idle": "resource: key too many idle: resource: Config.MinIdle is 2, above KeyedConfig.MaxIdle, which allows 1",
		} {
			_, err := w.k.Acquire(context.Background(), key)
			var of *KeyError
			if !errors.As(err, &of) || err.Error() != want || of.Key != key {
				t.Errorf("%s: %v", key, err)
			}
		}
		if _, err := w.k.TryAcquire(context.Background(), "error"); !errors.Is(err, boom) {
			t.Errorf("got %v", err)
		}
		if c := w.start("panic"); c.thrown != boom {
			t.Errorf("panic: %v", c.thrown)
		}
		if len(w.k.Keys()) != 0 {
			t.Errorf("keys: %v", w.k.Keys())
		}
		w.config = good
		w.take("panic", "panic1").Release()
	})
}

func TestNewKeyed(t *testing.T) {
	config := func(string) (thingConfig, error) { return thingConfig{}, nil }
	for want, c := range map[string]keyedConfig{
		"resource: KeyedConfig.Config is nil":                                        {},
		"resource: KeyedConfig.MaxActive is -1, must not be negative":                {Config: config, MaxActive: -1},
		"resource: KeyedConfig.MaxIdle is -2, must be KeepNone (-1) or not negative": {Config: config, MaxIdle: -2},
		"resource: KeyedConfig.KeepEmpty is -1ns, must not be negative":              {Config: config, KeepEmpty: -1},
	} {
		if _, err := NewKeyed(c); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// Two acquires make the same key at once: one pool is used.
func TestKeyedMadeTwice(t *testing.T) {
	inKeyedWorld(t, keyedConfig{}, thingConfig{}, func(w *keyedWorld) {
		good, calls := w.config, 0
		w.config = func(key string) (thingConfig, error) {
			calls++
			time.Sleep(time.Second)
			return good(key)
		}
		a, b := w.start("a"), w.start("a")
		time.Sleep(time.Second)
		w.step()
		if a.err != nil || b.err != nil || a.lease.Value() == b.lease.Value() {
			t.Fatalf("%v, %v", a.err, b.err)
		}
		a.lease.Release()
		b.lease.Release()
		if st, _ := w.k.StatsOf("a"); calls != 2 || st.Opened != 2 || len(w.k.members) != 1 {
			t.Errorf("%d calls, %d members, %v", calls, len(w.k.members), st)
		}
	})
}

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

func TestKeyedClose(t *testing.T) {
	inKeyedWorld(t, keyedConfig{MaxActive: 2}, thingConfig{}, func(w *keyedWorld) {
		a := w.take("a", "a1")
		w.take("b", "b2").Release()
		b := w.take("b", "b2")
		waiters := []*keyedCall{w.start("a"), w.start("b"), w.start("c")}
		b.Release()
		waiters[0].granted("a3").Release()
		w.k.Close()
		for _, c := range waiters[1:] {
			if c.err == nil {
				c.lease.Release()
				continue
			}
			c.failed(ErrClosed)
		}
		for _, key := range []string{"a", "new"} {
			if _, err := w.k.Acquire(context.Background(), key); wrapped(err) != ErrClosed {
				t.Errorf("%s: %v", key, err)
			}
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

func TestKeyedStats(t *testing.T) {
	inKeyedWorld(t, keyedConfig{MaxActive: 5, MaxIdle: 4}, thingConfig{MaxActive: 2}, func(w *keyedWorld) {
		a := w.take("a", "a1")
		w.take("b", "b2").Release()
		by := maps.Collect(w.k.StatsByKey())
		if len(by) != 2 || by["a"].Leased != 1 || by["b"].Idle != 1 || by["b"].MaxActive != 2 {
			t.Errorf("got %v", by)
		}
		if _, ok := w.k.StatsOf("c"); ok {
			t.Error("there are counts of a key that is not there")
		}
		want := "resource.Keyed[string, resource.keyedThing]{keys 2; active 2 of 5: opening 0, testing 0, idle 1 of 4, leased 1, closing 0; " +
			"waiting 0; acquired 2, opened 2, peak active 2, peak leased 2, peak idle 1}"
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			if got := fmt.Sprintf(verb, w.k); got != want {
				t.Errorf("%s: %s\nwant %s", verb, got, want)
			}
		}
		a.Release()
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

// A key that is no key fails its acquire, and nothing else.
func TestKeyedImpossibleKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, err := NewKeyed(KeyedConfig[any, int]{Config: func(any) (Config[int], error) {
			return Config[int]{Open: func(context.Context) (int, error) { return 1, nil }}, nil
		}, KeepEmpty: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		func() {
			defer func() {
				if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "comparing uncomparable type") {
					t.Errorf("got %v", r)
				}
			}()
			k.Acquire(context.Background(), []int{1})
		}()
		nan := func() float64 { z := 0.0; return z / z }()
		if _, err := k.Acquire(context.Background(), nan); err == nil || err.Error() != "resource: key NaN: resource: the key is not equal to itself" {
			t.Errorf("got %v", err)
		}
		l, err := k.Acquire(context.Background(), nil)
		if err != nil {
			t.Fatal(err)
		}
		l.Discard()
		time.Sleep(time.Second)
		synctest.Wait()
		if len(k.Keys()) != 0 {
			t.Errorf("keys: %v", k.Keys())
		}
		k.Close()
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
	if k.isClosed() {
		return ErrClosed
	}
	return nil
}

// Stats adds all counts of all keys, also of keys that are gone. The limits and the
// high-water marks have no sum, and shared has WaitDuration and Histograms for all keys.
func TestStatsAdd(t *testing.T) {
	var one, sum Stats
	n := 0
	fill(reflect.ValueOf(&one).Elem(), &n)
	sum.add(one)
	sum.add(one)
	var compare func(name string, one, sum reflect.Value)
	compare = func(name string, one, sum reflect.Value) {
		for i := range one.NumField() {
			f := one.Type().Field(i)
			switch {
			case f.Type.Kind() == reflect.Struct:
				compare(name+f.Name+".", one.Field(i), sum.Field(i))
			case strings.HasPrefix(f.Name, "Peak"), strings.HasPrefix(f.Name, "Max"), f.Name == "WaitDuration", f.Name == "Histograms":
			case fmt.Sprint(sum.Field(i)) != fmt.Sprint(2*number(one.Field(i))):
				t.Errorf("%s%s: twice %v is %v", name, f.Name, one.Field(i), sum.Field(i))
			}
		}
	}
	compare("", reflect.ValueOf(one), reflect.ValueOf(sum))
}

func number(v reflect.Value) int64 {
	if v.CanUint() {
		return int64(v.Uint())
	}
	return v.Int()
}

// A key whose server is down holds its opens. Its waiters keep no place from others, and
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

// Idle resources are tested in the background, key by key. One that is being tested is not
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
