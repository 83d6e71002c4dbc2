package resource

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

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

// A key that is no key fails its acquire, and nothing else.
func TestKeyedImpossibleKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, err := NewKeyed(KeyedConfig[any, int]{Config: func(any) (Config[int], error) {
			return Config[int]{Open: func(context.Context) (int, error) { return 1, nil }}, nil
		}, KeepEmpty: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		for name, f := range map[string]func(key any){
			"Acquire":   func(key any) { k.Acquire(context.Background(), key) },
			"Pool":      func(key any) { k.Pool(key) },
			"StatsOf":   func(key any) { k.StatsOf(key) },
			"InspectOf": func(key any) { k.InspectOf(key) },
			"Remove":    func(key any) { k.Remove(key) },
		} {
			func() {
				defer func() {
					if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "comparing uncomparable type") {
						t.Errorf("%s: got %v", name, r)
					}
					if !k.mu.TryLock() {
						t.Fatalf("%s has kept the lock", name)
					}
					k.mu.Unlock()
				}()
				f([]int{1})
			}()
		}
		nan := func() float64 { z := 0.0; return z / z }()
		if _, err := k.Acquire(context.Background(), nan); err == nil || err.Error() != "resource: key NaN: resource: the key is not equal to itself" {
			t.Errorf("got %v", err)
		}
		_, hasStats := k.StatsOf(nan)
		_, hasPool := k.InspectOf(nan)
		if hasStats || hasPool || k.Remove(nan) {
			t.Error("there is a pool of NaN")
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
