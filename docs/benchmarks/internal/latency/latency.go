// Package latency counts how long calls take.
package latency

import (
	"math/bits"
	"time"
)

// Latencies is a histogram with steps of 1/32 of the value. One goroutine writes it; Add brings several together.
type Latencies struct {
	N    uint64        // how many were recorded
	Most time.Duration // the longest

	counts [64 * 32]uint64
}

// Record counts one.
func (l *Latencies) Record(d time.Duration) {
	l.counts[bucket(uint64(max(d, 0)))]++
	l.N++
	l.Most = max(l.Most, d)
}

// Add counts all that m counted.
func (l *Latencies) Add(m *Latencies) {
	for i, c := range m.counts {
		l.counts[i] += c
	}
	l.N += m.N
	l.Most = max(l.Most, m.Most)
}

// Quantile is the middle of the step in which the quantile lies, in ns. Zero: nothing was recorded.
func (l *Latencies) Quantile(q float64) float64 {
	rank := uint64(q * float64(l.N))
	for i, c := range l.counts {
		if rank < c {
			low, width := step(i)
			return float64(low) + float64(width-1)/2
		}
		rank -= c
	}
	return 0
}

// bucket is the index of v: exact below 64, and then 32 steps for each power of two.
func bucket(v uint64) int {
	if v < 64 {
		return int(v)
	}
	shift := bits.Len64(v) - 6
	return shift*32 + int(v>>shift)
}

// step is the least value of a bucket, and how many it has.
func step(i int) (low, width uint64) {
	if i < 64 {
		return uint64(i), 1
	}
	shift := i/32 - 1
	return uint64(i-shift*32) << shift, 1 << shift
}
