package sim

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/respool/respool/resource/ledger"
	"pgregory.net/rapid"
)

// However long a run gets, a timeline has a bounded number of stretches, and the integral
// of each level over them is exact.
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
	r := line.report(false)
	if n := len(r.Leased); n <= stretches/2 || n > stretches {
		t.Fatalf("%d stretches", n)
	}
	for i, x := range r.Leased {
		if math.Abs(x-3) > 1e-6 {
			t.Errorf("stretch %d has %v", i, x)
		}
	}
}

// Every request of a report is in one stretch of its timeline, however it ended.
func TestTimelineHasEveryRequest(t *testing.T) {
	onOneGoroutine(t)
	t.Parallel()
	for name, sc := range pinnedScenarios(t) {
		r := simulate(t, sc)
		var granted, refused uint64
		for i := range r.Timeline.Granted {
			granted += r.Timeline.Granted[i]
			refused += r.Timeline.Refused[i]
		}
		if granted != r.Outcomes.Granted || granted+refused != r.Requests || granted == 0 {
			t.Errorf("%s: %d granted and %d refused in the timeline; %d requests, %+v", name, granted, refused, r.Requests, r.Outcomes)
		}
	}
}

// A restart is seen in the stretch that it is in, and those after it, only.
func TestTimelineShowsWhenTheWaitWasLong(t *testing.T) {
	sc := simple()
	sc.Requests, sc.Duration = 0, 10*sec
	sc.Pool.Wait, sc.World = true, World{OpenLatency: constant(ms), Slow: []Slowdown{{4 * sec, sec, 50}}}
	line := simulate(t, sc).Timeline
	for i, p99 := range line.WaitP99 {
		at := line.Step * float64(i)
		if before := at+line.Step < 4; before && p99 > 0.1 {
			t.Errorf("at %.2f s, before anything was slow, p99 is %v s", at, p99)
		}
		if slow := at > 4.5 && at+line.Step < 5; slow && p99 < 0.1 {
			t.Errorf("at %.2f s, when all is slow, p99 is %v s", at, p99)
		}
	}
}

// The percentiles of a stretch are those of its waits, too large by less than one part in
// 64, also after stretches were joined.
func TestDecidedIsASortedSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(duration(), 1, 200).Draw(t, "waits")
		var d decided
		for part := range slices.Chunk(all, rapid.IntRange(1, 200).Draw(t, "part")) {
			var one decided
			for _, wait := range part {
				one.grant(wait)
			}
			one.refused = 2
			d.join(&one)
		}
		slices.Sort(all)
		if d.granted != uint64(len(all)) || d.refused == 0 || d.refused%2 != 0 {
			t.Fatalf("%d granted, %d refused of %d", d.granted, d.refused, len(all))
		}
		for _, q := range []float64{0, 0.5, 0.9, 0.99, 1} {
			want := all[min(max(int(math.Ceil(q*float64(len(all)))), 1), len(all))-1]
			got := time.Duration(math.Round(d.quantile(q) * 1e9))
			if got < want || float64(got-want) >= float64(want)/64 && got > want+1 {
				t.Fatalf("quantile %v is %v, want %v of %v", q, got, want, all)
			}
		}
	})
}

// The tail falls, and ends where ten are left.
func TestTail(t *testing.T) {
	var h Histogram
	for i := range 1000 {
		h.Add(time.Duration(i+1) * time.Microsecond)
	}
	got := tail(&h)
	if n := len(got.Share); n != 19 || got.Share[0] != 1 || got.Share[n-1] != 0.01 || len(got.Wait) != n {
		t.Fatalf("the tail is %v", got)
	}
	for i, share := range got.Share {
		if above := h.Above(secondsAsDuration(got.Wait[i])); above > share {
			t.Errorf("%v waited longer than %v s, want at most %v", above, got.Wait[i], share)
		}
	}
	if empty := tail(new(Histogram)); empty.Share != nil {
		t.Errorf("the tail of nothing is %v", empty)
	}
}

func secondsAsDuration(s float64) time.Duration { return time.Duration(math.Round(s * 1e9)) }
