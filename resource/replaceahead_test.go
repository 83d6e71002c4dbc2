package resource

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// replacing is a pool that replaces things ten seconds before they are an hour old.
func replacing(maxActive int) Config[*thing] {
	return Config[*thing]{MaxActive: maxActive, Lifetime: policy.MaxAge(time.Hour), ReplaceAhead: 10 * time.Second}
}

// A thing that was used is replaced before its end: opened first, in advance, then closed.
// The new one is not replaced in its turn if nobody uses it.
func TestReplaceAhead(t *testing.T) {
	inWorld(t, func(w *world) {
		var inAdvance []bool
		w.onOpen = func(ctx context.Context, n int) error {
			inAdvance = append(inAdvance, InAdvance(ctx))
			if InAdvance(ctx) {
				time.Sleep(time.Second)
			}
			return nil
		}
		w.build(replacing(2))
		w.release(w.acquire(1))
		w.opened(1)
		w.sleep(time.Hour - 10*time.Second)
		if st := w.pool.Stats(); st.Idle != 1 || st.Opening != 1 {
			t.Errorf("while the second is being opened: %+v", st)
		}
		w.sleep(time.Second)
		w.opened(2)
		w.closed(1)
		if st := w.pool.Stats(); st.Closed.TooOld != 1 || st.Idle != 1 || len(inAdvance) != 2 || inAdvance[0] || !inAdvance[1] {
			t.Errorf("when the second is open: %+v, opened in advance: %v", st, inAdvance)
		}
		w.sleep(24 * time.Hour)
		w.closed(2)
	})
}

// A thing that is in use keeps its place beside its successor, and goes when it comes back.
func TestReplaceAheadInUse(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(replacing(2))
		first := w.acquire(1)
		w.opened(1)
		w.sleep(time.Hour - 10*time.Second)
		w.opened(2)
		second := w.acquire(2)
		w.release(second)
		w.release(first)
		w.closed(1)
		w.shut(2)
	})
}

// With MaxActive things one is closed first, if another is idle, and one at a time.
func TestReplaceAheadAtTheLimit(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = func(ctx context.Context, n int) error {
			if InAdvance(ctx) {
				time.Sleep(time.Second)
			}
			return nil
		}
		w.build(replacing(3))
		a, b, c := w.acquire(1), w.acquire(2), w.acquire(3)
		w.opened(1, 2, 3)
		for _, l := range []Lease[*thing]{a, b, c} {
			w.release(l)
		}
		w.sleep(time.Hour - 10*time.Second)
		w.closed(1)
		if st := w.pool.Stats(); st.Idle != 2 || st.Opening != 1 {
			t.Errorf("while one is replaced: %+v", st)
		}
		w.sleep(5 * time.Second)
		w.opened(4, 5, 6)
		w.closed(2, 3)
		w.sleep(5 * time.Second)
		w.shut(4, 5, 6)
	})
}

// Things that go through the lane are replaced too.
func TestReplaceAheadInTheLane(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(replacing(2))
		w.release(w.acquire(1))
		w.opened(1)
		for range 3589 {
			w.sleep(time.Second)
			w.release(w.acquire(1))
		}
		w.sleep(time.Second)
		w.opened(2)
		w.closed(1)
		w.release(w.acquire(2))
		w.shut(2)
	})
}

// In a Keyed a thing is replaced only if there is room beside it, under its key and over all keys.
func TestReplaceAheadInAKeyed(t *testing.T) {
	each := thingConfig{MaxActive: 2, Lifetime: policy.MaxAge(time.Hour), ReplaceAhead: 10 * time.Second}
	for name, test := range map[string]struct {
		total          int
		keys           []string
		opened, closed []string
	}{
		"there is room":   {3, []string{"a"}, []string{"a1", "a2"}, []string{"a1"}},
		"all is full":     {2, []string{"a", "b"}, []string{"a1", "b2"}, nil},
		"the key is full": {3, []string{"a", "a"}, []string{"a1", "a2"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			inKeyedWorld(t, keyedConfig{MaxActive: test.total}, each, func(w *keyedWorld) {
				var leases []Lease[keyedThing]
				for i, key := range test.keys {
					leases = append(leases, w.take(key, fmt.Sprint(key, i+1)))
				}
				for _, l := range leases {
					l.Release()
				}
				time.Sleep(time.Hour - time.Second)
				w.claim(test.opened, test.closed)
			})
		})
	}
}
