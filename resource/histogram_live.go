package resource

import (
	"sync/atomic"
	"time"

	"github.com/respool/respool/resource/ledger/bucket"
)

// liveHistogram counts durations, from any number of goroutines, without a lock. It
// takes memory only for the magnitudes that occur: a kilobyte for each power of two.
type liveHistogram struct {
	blocks    [histogramBlocks]atomic.Pointer[histogramBlock]
	low, high atomic.Uint64 // the sum, in 128 bits
	max       atomic.Int64
}

// histogramBlock has the counts of neighboring buckets.
type histogramBlock [1 << (leadingBits - 1)]atomic.Uint64

const histogramBlocks = 63 - leadingBits + 2

func (h *liveHistogram) add(d time.Duration) {
	d = max(d, 0)
	i := bucket.Of(d, leadingBits)
	h.block(i / len(histogramBlock{}))[i%len(histogramBlock{})].Add(1)
	if h.low.Add(uint64(d)) < uint64(d) {
		h.high.Add(1)
	}
	for seen := h.max.Load(); int64(d) > seen && !h.max.CompareAndSwap(seen, int64(d)); {
		seen = h.max.Load()
	}
}

func (h *liveHistogram) block(i int) *histogramBlock {
	b := h.blocks[i].Load()
	if b == nil {
		h.blocks[i].CompareAndSwap(nil, new(histogramBlock))
		b = h.blocks[i].Load()
	}
	return b
}

// snapshot copies the counts. Durations that come meanwhile are in it or not; the sum may
// have some that the counts do not have yet, and the other way round.
func (h *liveHistogram) snapshot() (s Histogram) {
	for i := range h.blocks {
		b := h.blocks[i].Load()
		if b == nil {
			continue
		}
		for j := range b {
			if n := b[j].Load(); n > 0 {
				s.filled = append(s.filled, filledBucket{int32(i*len(b) + j), n})
				s.count += n
			}
		}
	}
	s.high, s.low = h.high.Load(), h.low.Load()
	s.max = time.Duration(h.max.Load())
	return s
}

// liveHistograms are those of a pool.
type liveHistograms struct{ wait, open, test, use, close liveHistogram }

func (h *liveHistograms) snapshot() *Histograms {
	return &Histograms{h.wait.snapshot(), h.open.snapshot(), h.test.snapshot(), h.use.snapshot(), h.close.snapshot()}
}
