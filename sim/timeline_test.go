package sim

import (
	"math"
	"testing"
	"time"

	"github.com/respool/respool/resource/ledger"
	"pgregory.net/rapid"
)

// However long a run gets, a timeline has no more than so many stretches, and
// the integral of each level over them is what was put in.
func TestTimelineConservesIntegrals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var line timeline
		line.begin()
		var want levels
		var peak int
		now := Instant(0)
		for range rapid.IntRange(1, 100).Draw(t, "steps") {
			d := time.Duration(rapid.Int64Range(0, 1<<rapid.IntRange(0, 44).Draw(t, "bits")).Draw(t, "ns"))
			at := ledger.Levels{
				Active: rapid.IntRange(0, 100).Draw(t, "active"), Idle: rapid.IntRange(0, 100).Draw(t, "idle"),
				Leased: rapid.IntRange(0, 100).Draw(t, "leased"), Waiting: rapid.IntRange(0, 100).Draw(t, "waiting"),
			}
			line.add(at, now, now.Add(d))
			want.add(at, d)
			if d > 0 {
				peak = max(peak, at.Waiting)
			}
			now = now.Add(d)
		}
		got := line.total()
		same := func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Abs(b) }
		if got.span != want.span || !same(got.active, want.active) || !same(got.idle, want.idle) ||
			!same(got.leased, want.leased) || !same(got.waiting, want.waiting) {
			t.Fatalf("integrals are %+v, want %+v", got, want)
		}
		highest := 0
		for i := range line.all {
			highest = max(highest, line.peaks[i])
			if full := i < len(line.all)-1; line.all[i].span > line.width || full && line.all[i].span != line.width {
				t.Fatalf("stretch %d of %d is %v long, of %v", i, len(line.all), line.all[i].span, line.width)
			}
		}
		if len(line.all) > stretches || highest != peak {
			t.Fatalf("%d stretches, peak %d, want %d", len(line.all), highest, peak)
		}
	})
}

// One long step after a short one fills all stretches with the same level.
func TestTimelineOfALongStep(t *testing.T) {
	var line timeline
	line.begin()
	line.add(ledger.Levels{Leased: 1}, 0, 1)
	line.add(ledger.Levels{Leased: 3}, 1, Instant(time.Hour))
	r := line.report()
	if n := len(r.Leased); n <= stretches/2 || n > stretches {
		t.Fatalf("%d stretches", n)
	}
	for i, x := range r.Leased {
		if math.Abs(x-3) > 1e-6 {
			t.Errorf("stretch %d has %v", i, x)
		}
	}
}
