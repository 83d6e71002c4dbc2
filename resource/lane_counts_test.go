package resource

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/respool/respool/policy"
)

// TestLaneCounts: all counts, high-water marks included, are those of a pool
// without a lane. If no policy looks at a resource, the counts do not depend on
// which one is lent. So the reference is a pool under FIFO, which has no lane.
// How often the counts are read must not matter either.
func TestLaneCounts(t *testing.T) {
	for seed := range uint64(300) {
		synctest.Test(t, func(t *testing.T) { sameCounts(t, seed) })
	}
}

func sameCounts(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 1))
	tested := seed%2 == 1
	lane, plain := newCountedPool(t, policy.LIFO, tested), newCountedPool(t, policy.FIFO, tested)
	defer plain.pool.Close()
	defer lane.pool.Close()
	var did []string
	often := r.IntN(4) == 0
	for range 40 {
		n := r.IntN(100)
		did = append(did, lane.do(n))
		plain.do(n)
		synctest.Wait() // the timer closes what a Resize leaves over, or the next acquire finds it
		if often || n%7 == 0 {
			if one, two := lane.stats(), plain.stats(); one != two {
				t.Fatalf("seed %d, after %v: with the lane\n%+v\nwithout\n%+v", seed, did, one, two)
			}
		}
		if !slices.Equal(lane.seen, plain.seen) {
			t.Fatalf("seed %d, after %v, during the tests: with the lane\n%+v\nwithout\n%+v", seed, did, lane.seen, plain.seen)
		}
	}
}

type countedPool struct {
	pool   *Pool[int]
	out    []Lease[int]
	tested bool
	tests  int
	seen   []Stats // during tests
}

// newCountedPool makes a pool. If every borrow is tested, the fifth test fails, the
// seventh resets the pool while it runs, and so on.
func newCountedPool(t *testing.T, order policy.Order, tested bool) *countedPool {
	p := &countedPool{tested: tested}
	c := Config[int]{Open: func(context.Context) (int, error) { return 1, nil }, MaxActive: 4, MaxIdle: 3, Order: order}
	if tested {
		c.MaxActive = 40 // or it matters whether what failed is closed before another is opened
		c.BorrowTest = policy.Test(func(context.Context, int, time.Time) error {
			p.tests++
			p.seen = append(p.seen, p.stats())
			if p.tests%7 == 0 {
				p.pool.Reset()
			}
			if p.tests%5 == 0 {
				return errors.New("no answer")
			}
			return nil
		})
	}
	var err error
	if p.pool, err = New(c); err != nil {
		t.Fatal(err)
	}
	return p
}

// stats returns the counts when nothing runs in the background.
func (p *countedPool) stats() Stats {
	synctest.Wait()
	st := p.pool.Stats()
	if p.tested { // whether what failed is closed before another is opened is a matter of chance
		st.PeakActive = 0
	}
	return st
}

// do does one thing, the same for the same n, and says what.
func (p *countedPool) do(n int) string {
	if n < 45 || len(p.out) == 0 {
		if l, err := p.pool.TryAcquire(context.Background()); err == nil {
			p.out = append(p.out, l)
			return "acquire"
		}
		return "refused"
	}
	i := n % len(p.out)
	l := p.out[i]
	if n < 96 {
		p.out = append(p.out[:i:i], p.out[i+1:]...)
	}
	switch {
	case n < 80:
		l.Release()
		return fmt.Sprint("release ", i)
	case n < 88:
		l.Discard()
		return fmt.Sprint("discard ", i)
	case n < 96:
		l.Detach()
		return fmt.Sprint("detach ", i)
	case n < 98 && !p.tested:
		p.pool.Resize(2+n%2, 2)
		return fmt.Sprint("resize ", 2+n%2)
	}
	p.pool.Reset()
	return "reset"
}
