package sim

import (
	"math"
	"time"
)

// decided is the requests that were granted or refused in a stretch of time.
type decided struct {
	granted, refused uint64
	waits            []uint32 // of those granted, by bucket
}

// coarseBits is how many leading bits of a wait count here: there are many
// stretches, so a percentile of one may be off by one part in 64.
const coarseBits = 7

func (d *decided) grant(wait time.Duration) {
	d.granted++
	i := bucketOf(wait, coarseBits)
	if i >= len(d.waits) {
		d.waits = append(d.waits, make([]uint32, i+1-len(d.waits))...)
	}
	d.waits[i]++
}

func (d *decided) join(o *decided) {
	if len(d.waits) < len(o.waits) {
		d.waits, o.waits = o.waits, d.waits
	}
	for i, n := range o.waits {
		d.waits[i] += n
	}
	d.granted += o.granted
	d.refused += o.refused
}

// quantile returns the wait, in seconds, that a share q of those granted did not
// exceed. Of none it is zero.
func (d *decided) quantile(q float64) float64 {
	rank := max(uint64(math.Ceil(float64(q*float64(d.granted)))), 1)
	var seen uint64
	for i, n := range d.waits {
		if seen += uint64(n); seen >= rank {
			return upperOf(i, coarseBits).Seconds()
		}
	}
	return 0
}

// last is the stretch in which a request is decided now. What is decided at the
// very end of a stretch belongs to it.
func (t *timeline) last() *decided {
	if len(t.decided) == 0 {
		t.extend(1)
	}
	return &t.decided[len(t.decided)-1]
}
