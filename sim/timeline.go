package sim

import (
	"time"

	"github.com/respool/respool/resource/ledger"
)

// stretches is how many equal stretches of time a timeline has at most.
const stretches = 240

// timeline keeps means of the levels over stretches of time. When it is full,
// each two become one, so that it covers any run in constant memory.
type timeline struct {
	width time.Duration
	all   []levels
	peaks []int // longest queue
}

func (t *timeline) begin() {
	*t = timeline{width: time.Millisecond, all: make([]levels, 0, stretches), peaks: make([]int, 0, stretches)}
}

// add accounts for a time in which the levels stayed what they are, from and to
// being counted from the timeline's begin.
func (t *timeline) add(now ledger.Levels, from, to Instant) {
	for from < to {
		for int64(to-1)/int64(t.width) >= stretches {
			t.halve()
		}
		i := int(int64(from) / int64(t.width))
		for len(t.all) <= i {
			t.all = append(t.all, levels{})
			t.peaks = append(t.peaks, 0)
		}
		end := min(to, Instant(t.width)*Instant(i+1))
		t.all[i].add(now, end.Sub(from))
		t.peaks[i] = max(t.peaks[i], now.Waiting)
		from = end
	}
}

func (t *timeline) halve() {
	n := (len(t.all) + 1) / 2
	for i := range n {
		sum, peak := t.all[2*i], t.peaks[2*i]
		if 2*i+1 < len(t.all) {
			o := t.all[2*i+1]
			sum.active += o.active
			sum.idle += o.idle
			sum.leased += o.leased
			sum.waiting += o.waiting
			sum.span += o.span
			peak = max(peak, t.peaks[2*i+1])
		}
		t.all[i], t.peaks[i] = sum, peak
	}
	t.all, t.peaks = t.all[:n], t.peaks[:n]
	t.width *= 2
}
