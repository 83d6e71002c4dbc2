package sim

import (
	"math"
	"time"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/bucket"
)

// levels are counts of slots and waiters, weighted by time.
type levels struct {
	active, idle, leased, waiting float64
	span                          time.Duration
}

func (l *levels) add(now ledger.Levels, d time.Duration) {
	w := float64(d)
	l.active += float64(float64(now.Active) * w) // the conversion keeps it from being fused: see rand.go
	l.idle += float64(float64(now.Idle) * w)
	l.leased += float64(float64(now.Leased) * w)
	l.waiting += float64(float64(now.Waiting) * w)
	l.span += d
}

func (l *levels) join(o *levels) {
	l.active += o.active
	l.idle += o.idle
	l.leased += o.leased
	l.waiting += o.waiting
	l.span += o.span
}

// over returns the mean of x over the time that was accounted for.
func (l *levels) over(x float64) float64 {
	if l.span == 0 {
		return 0
	}
	return x / float64(l.span)
}

// stretches is the most stretches of time that a timeline has.
const stretches = 240

// timeline keeps the mean levels of equal stretches of time. When it is full it joins each
// two stretches, so that it covers any run in constant memory.
type timeline struct {
	width   time.Duration
	all     []levels
	peaks   []int     // longest queue
	decided []decided // requests
	changes []changes // of the connections
	opening int       // openings under way
	end     Instant   // of the last stretch

	spare [][]uint32 // memory of decided.waits
}

func (t *timeline) begin() {
	*t = timeline{
		width: time.Millisecond,
		all:   make([]levels, 0, stretches), peaks: make([]int, 0, stretches), decided: make([]decided, 0, stretches),
		changes: make([]changes, 0, stretches),
	}
}

// add accounts for a time in which the levels did not change. It begins where the last one
// ended. Both instants are relative to the timeline's beginning.
func (t *timeline) add(now ledger.Levels, from, to Instant) {
	for from < to {
		if from == t.end {
			t.extend(to)
		}
		i := len(t.all) - 1
		until := min(to, t.end)
		t.all[i].add(now, until.Sub(from))
		t.peaks[i] = max(t.peaks[i], now.Waiting)
		t.changes[i].openAtOnce(t.opening)
		from = until
	}
}

// extend adds a stretch. If the timeline would be too long for an instant, it first makes
// all stretches as long as necessary.
func (t *timeline) extend(to Instant) {
	for int64(to-1)/int64(t.width) >= stretches {
		t.halve()
	}
	if t.end == Instant(t.width)*Instant(len(t.all)) {
		t.all = append(t.all, levels{})
		t.peaks = append(t.peaks, 0)
		t.decided = append(t.decided, decided{waits: t.takeSpare()})
		t.changes = append(t.changes, changes{})
	}
	t.end = Instant(t.width) * Instant(len(t.all))
}

// halve joins each two stretches. The last one may then not be over yet.
func (t *timeline) halve() {
	n := (len(t.all) + 1) / 2
	for i := range n {
		sum, peak, decided, changes := t.all[2*i], t.peaks[2*i], t.decided[2*i], t.changes[2*i]
		if 2*i+1 < len(t.all) {
			sum.join(&t.all[2*i+1])
			peak = max(peak, t.peaks[2*i+1])
			decided.join(&t.decided[2*i+1])
			t.spare = append(t.spare, t.decided[2*i+1].waits[:0])
			changes.join(&t.changes[2*i+1])
		}
		t.all[i], t.peaks[i], t.decided[i], t.changes[i] = sum, peak, decided, changes
	}
	t.all, t.peaks, t.decided, t.changes = t.all[:n], t.peaks[:n], t.decided[:n], t.changes[:n]
	t.width *= 2
}

func (t *timeline) takeSpare() []uint32 {
	n := len(t.spare) - 1
	if n < 0 {
		return nil
	}
	w := t.spare[n]
	t.spare = t.spare[:n]
	return w
}

// total returns the levels over all stretches.
func (t *timeline) total() (sum levels) {
	for i := range t.all {
		sum.join(&t.all[i])
	}
	return sum
}

// decided is the requests that were granted or refused in a stretch of time.
type decided struct {
	granted, refused uint64
	attempts, good   uint64   // of calls
	waits            []uint32 // of those granted, by bucket
}

// coarseBits is how many leading bits of a wait are kept here. There are many stretches, so
// a percentile of one may be off by one part in 64.
const coarseBits = 7

func (d *decided) grant(wait time.Duration) {
	d.granted++
	i := bucket.Of(wait, coarseBits)
	if i >= len(d.waits) {
		d.waits = append(d.waits, make([]uint32, i+1-len(d.waits))...)
	}
	d.waits[i]++
}

// join adds another one, whose waits are of no use afterwards.
func (d *decided) join(o *decided) {
	if len(d.waits) < len(o.waits) {
		d.waits, o.waits = o.waits, d.waits
	}
	for i, n := range o.waits {
		d.waits[i] += n
	}
	d.granted += o.granted
	d.refused += o.refused
	d.attempts += o.attempts
	d.good += o.good
}

// quantile returns the wait, in seconds, that a share q of the granted requests did not
// exceed. It is zero if none was granted.
func (d *decided) quantile(q float64) float64 {
	rank := max(uint64(math.Ceil(float64(q*float64(d.granted)))), 1)
	var seen uint64
	for i, n := range d.waits {
		if seen += uint64(n); seen >= rank {
			return bucket.Upper(i, coarseBits).Seconds()
		}
	}
	return 0
}

// last returns the stretch that a request belongs to which is granted or refused now. The
// very end of a stretch belongs to it.
func (t *timeline) last() *decided {
	if len(t.decided) == 0 {
		t.extend(1)
	}
	return &t.decided[len(t.decided)-1]
}
