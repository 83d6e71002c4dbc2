package resource

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
)

// shelf is a short model of a pool with LIFO and MaxIdle.
type shelf struct {
	idle                       []int // the last came back last
	held                       []Lease[*thing]
	maxIdle                    int
	things, peakIdle, peakHeld int
	acquired                   uint64
}

// acquire gets the resource that came back last, or a new one.
func (s *shelf) acquire(w *world, try bool) {
	get := w.pool.Acquire
	if try {
		get = w.pool.TryAcquire
	}
	l, err := get(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	want := 0
	if n := len(s.idle); n > 0 {
		want, s.idle = s.idle[n-1], s.idle[:n-1]
	} else {
		s.things++
		want = s.things
		w.opened(want)
	}
	if got := l.Value().n; got != want {
		w.t.Fatalf("lent is %d, want %d; idle are %v", got, want, s.idle)
	}
	s.held = append(s.held, l)
	s.acquired++
	s.peakHeld = max(s.peakHeld, len(s.held))
}

// release gives back one of the held resources. If there is no place for it, the
// one that has been idle longest is closed before release returns.
func (s *shelf) release(w *world, i int) {
	l := s.held[i]
	n := l.Value().n
	s.held = slices.Delete(s.held, i, i+1)
	if !l.Release() {
		w.t.Fatal("the lease was not in force")
	}
	s.idle = append(s.idle, n)
	if len(s.idle) > s.maxIdle {
		w.closed(s.idle[0])
		s.idle = s.idle[1:]
	} else {
		w.closed()
	}
	s.peakIdle = max(s.peakIdle, len(s.idle))
}

func (s *shelf) compare(w *world) {
	st := w.pool.Stats()
	if st.Idle != len(s.idle) || st.Leased != len(s.held) || st.Acquired != s.acquired || st.PeakIdle != s.peakIdle || st.PeakLeased != s.peakHeld {
		w.t.Fatalf("idle are %v and %d are held, of %d acquired, at most %d and %d, but %+v",
			s.idle, len(s.held), s.acquired, s.peakIdle, s.peakHeld, st)
	}
}

// Order, limits and all counts are exact, whatever is in the lane and in whatever
// order resources come back. The counts are read only now and then, because
// reading them makes the lane report.
func TestLaneIsExact(t *testing.T) {
	for seed := range uint64(300) {
		inWorld(t, func(w *world) {
			r := rand.New(rand.NewPCG(seed, 0))
			most := 1 + r.IntN(4)
			s := &shelf{maxIdle: 1 + r.IntN(most)}
			w.build(Config[*thing]{MaxActive: most, MaxIdle: s.maxIdle})
			for range 60 {
				switch n := len(s.held); {
				case n < most && (n == 0 || r.IntN(2) == 0):
					s.acquire(w, r.IntN(4) == 0)
				default:
					s.release(w, r.IntN(n))
				}
				if r.IntN(8) == 0 {
					s.compare(w)
				}
			}
			s.compare(w)
			w.step()
			for len(s.held) > 0 {
				s.release(w, 0)
			}
			s.compare(w)
			slices.Sort(s.idle)
			w.shut(s.idle...)
		})
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
}
