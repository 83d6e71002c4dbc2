package sim

import (
	"math"
	"testing"
)

func TestOpen01IsNeverAnEnd(t *testing.T) {
	// What open01 makes of the least and the greatest number that can be drawn.
	for _, u := range []uint64{0, math.MaxUint64} {
		if x := (float64(u>>12) + 0.5) / (1 << 52); x <= 0 || x >= 1 {
			t.Errorf("%x gives %v", u, x)
		}
	}
	s := newStream(7, 7)
	for range 100_000 {
		if x := s.open01(); x <= 0 || x >= 1 {
			t.Fatal(x)
		}
	}
}

func TestStreamsOfOneSeedDiffer(t *testing.T) {
	seen := map[uint64]uint64{}
	for purpose := arrivals; purpose <= variations; purpose++ {
		for seed := range uint64(100) {
			x := newStream(seed, purpose).pcg.Uint64()
			if seen[x]++; seen[x] > 1 {
				t.Fatalf("seed %d, purpose %d begins as another does", seed, purpose)
			}
		}
	}
}

func TestNormalIsNormal(t *testing.T) {
	const n = 400_000
	s := newStream(3, 1)
	var sum, squares, fourths, tail float64
	for range n {
		x := s.normal()
		sum += x
		squares += x * x
		fourths += x * x * x * x
		if math.Abs(x) > 1.959964 {
			tail++
		}
	}
	// The deviations of the means of x, x^2 and x^4 are 1, sqrt 2 and sqrt 96 over
	// the root of n.
	root := math.Sqrt(n)
	if math.Abs(sum/n) > 4.5/root || math.Abs(squares/n-1) > 4.5*math.Sqrt2/root ||
		math.Abs(fourths/n-3) > 4.5*math.Sqrt(96)/root || math.Abs(tail/n-0.05) > 4.5*0.218/root {
		t.Errorf("moments %v, %v, %v, tail %v", sum/n, squares/n, fourths/n, tail/n)
	}
}

func TestChance(t *testing.T) {
	s := newStream(1, 1)
	for range 1000 {
		if s.chance(0) || !s.chance(1) {
			t.Fatal("a probability of 0 came true, or one of 1 did not")
		}
	}
}
