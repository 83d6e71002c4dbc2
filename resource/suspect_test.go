package resource

import (
	"context"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// After a restart of the other end one caller finds a broken resource. The others that
// were idle are tested, though they came back a moment ago.
func TestSuspects(t *testing.T) {
	for name, gate := range map[string]func(policy.BorrowTest[*thing]) policy.BorrowTest[*thing]{
		"idle for":         func(b policy.BorrowTest[*thing]) policy.BorrowTest[*thing] { return policy.IfIdleFor(time.Hour, b) },
		"for nothing else": policy.IfSuspected[*thing],
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.build(Config[*thing]{MaxActive: 4, BorrowTest: gate(policy.Test(w.test)), TestSuspects: true})
				held := w.acquires(4)
				w.release(held[0], held[1], held[2])
				w.onTest = func(_ context.Context, n int, _ time.Time) error {
					if n == 3 {
						return errDown
					}
					return nil
				}
				held[3].Discard()
				w.closed(4)
				l := w.acquire(2) // 3 came back last, and fails its test
				w.tested(2, 3)
				w.closed(3)
				w.release(l)
				w.release(w.acquire(2)) // it came back later
				w.tested()
				a, b := w.acquire(2), w.acquire(1)
				w.tested(1)
				w.release(a, b)
				w.shut(1, 2)
			})
		})
	}
}

func TestDiscardSoundCastsNoSuspicion(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{BorrowTest: policy.IfSuspected(policy.Test(w.test)), TestSuspects: true})
		held := w.acquires(2)
		w.release(held[0])
		if !held[1].DiscardSound() || held[1].DiscardSound() || held[1].Discard() {
			t.Error("the lease was over before, or is not over")
		}
		w.closed(2)
		w.release(w.acquire(1))
		w.tested()
		w.pool.Suspect()
		w.release(w.acquire(1))
		w.tested(1)
		if st := w.pool.Stats(); st.Closed.Discarded != 1 {
			t.Errorf("got %+v", st)
		}
		w.shut(1)
	})
}

// A resource that waits in the lane is idle, too.
func TestSuspectInTheLane(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{BorrowTest: policy.IfSuspected(policy.Test(w.test)), TestSuspects: true})
		w.idle(1)
		for range 3 {
			w.release(w.acquire(1))
		}
		if w.pool.lane.Load() == nil {
			t.Fatal("the lane is not used")
		}
		w.pool.Suspect()
		held := w.acquire(1)
		w.tested(1)
		w.pool.Suspect() // while it is leased
		w.release(held)
		w.release(w.acquire(1))
		w.tested()
		w.shut(1)
	})
}

func TestSuspectWithoutTheSetting(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{BorrowTest: policy.IfSuspected(policy.Test(w.test))})
		held := w.acquires(2)
		w.release(held[0])
		held[1].Discard()
		w.closed(2)
		w.pool.Suspect()
		w.release(w.acquire(1))
		w.tested()
		w.shut(1)
	})
}
