package resource

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/big"
	"math/bits"
	"slices"
	"time"

	"github.com/respool/respool/resource/ledger/bucket"
)

// Histogram says how long something took: how often, and how the durations are spread. It
// is a snapshot that does not change, and can be copied. Each duration that it returns is
// right to two significant digits: it is too long by less than one part in 128. Durations
// below 256 ns are exact. The zero Histogram is empty.
//
// In JSON it is an object with count, sum and max, and with buckets, a list of pairs: the
// longest duration of a bucket, and how many are in it. All durations are in nanoseconds.
type Histogram struct {
	filled []filledBucket // in ascending order, without those that are empty
	count  uint64
	high   uint64 // the sum, in 128 bits
	low    uint64
	max    time.Duration
}

type filledBucket struct {
	index int32
	n     uint64
}

// leadingBits is how many leading bits of a duration a Histogram keeps.
const leadingBits = 8

// HistogramOf returns the histogram of some durations. A negative duration counts as zero.
func HistogramOf(all ...time.Duration) Histogram {
	var live liveHistogram
	for _, d := range all {
		live.add(d)
	}
	return live.snapshot()
}

// Count returns how many durations there are.
func (h Histogram) Count() uint64 { return h.count }

// Sum returns the sum of all durations, exactly; or the longest Duration, if the sum is
// longer than that, which is 292 years. Seconds has no such bound.
func (h Histogram) Sum() time.Duration {
	if h.high > 0 || h.low > math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(h.low)
}

// Seconds returns the sum of all durations in seconds.
func (h Histogram) Seconds() float64 { return (float64(h.high)*(1<<64) + float64(h.low)) / 1e9 }

// Mean returns the mean, or zero if the histogram is empty.
func (h Histogram) Mean() time.Duration {
	if h.count == 0 {
		return 0
	}
	return time.Duration(math.Round(h.Seconds() * 1e9 / float64(h.count)))
}

// Max returns the longest duration, exactly, or zero if the histogram is empty. After Sub
// it is right to two digits.
func (h Histogram) Max() time.Duration { return h.max }

// Quantile returns the shortest duration that at least a share q of all durations, from 0
// to 1, do not exceed. A q below 0 counts as 0, and one above 1 as 1. Quantile returns zero if
// the histogram is empty.
func (h Histogram) Quantile(q float64) time.Duration {
	if !(q > 0) { // below 0, or NaN: the conversion below is not defined for either
		q = 0
	}
	rank := uint64(math.Ceil(min(q, 1) * float64(h.count)))
	rank = min(max(rank, 1), h.count)
	var seen uint64
	for _, b := range h.filled {
		if seen += b.n; seen >= rank {
			return min(upperOf(b.index), h.max)
		}
	}
	return h.max
}

// AtMost returns how many durations are not longer than d. Durations in the bucket of d
// count as not longer.
func (h Histogram) AtMost(d time.Duration) (n uint64) {
	if d < 0 {
		return 0
	}
	last := int32(bucket.Of(d, leadingBits))
	for _, b := range h.filled {
		if b.index > last {
			break
		}
		n += b.n
	}
	return n
}

// Buckets returns the buckets that are not empty, in ascending order: the longest duration
// of each, and how many durations are in it. The number of buckets has a bound, about 7,300,
// and is usually some hundreds.
func (h Histogram) Buckets() iter.Seq2[time.Duration, uint64] {
	return func(yield func(time.Duration, uint64) bool) {
		for _, b := range h.filled {
			if !yield(upperOf(b.index), b.n) {
				return
			}
		}
	}
}

func upperOf(index int32) time.Duration { return bucket.Upper(int(index), leadingBits) }

// Merge returns a histogram with the durations of both.
func (h Histogram) Merge(o Histogram) Histogram {
	sum := Histogram{
		filled: combine(h.filled, o.filled, func(a, b uint64) uint64 { return a + b }),
		count:  h.count + o.count,
		max:    max(h.max, o.max),
	}
	var carry uint64
	sum.low, carry = bits.Add64(h.low, o.low, 0)
	sum.high, _ = bits.Add64(h.high, o.high, carry)
	return sum
}

// Sub returns a histogram without the durations of o, an earlier snapshot of the same
// histogram: the durations since then. If o is not an earlier snapshot, the result has no
// meaning.
func (h Histogram) Sub(o Histogram) Histogram {
	rest := Histogram{filled: combine(h.filled, o.filled, func(a, b uint64) uint64 { return a - min(a, b) })}
	for _, b := range rest.filled {
		rest.count += b.n
	}
	var borrow uint64
	rest.low, borrow = bits.Sub64(h.low, o.low, 0)
	rest.high, borrow = bits.Sub64(h.high, o.high, borrow)
	if borrow > 0 || rest.count == 0 {
		rest.high, rest.low = 0, 0
	}
	if n := len(rest.filled); n > 0 {
		rest.max = min(h.max, upperOf(rest.filled[n-1].index))
	}
	return rest
}

// compact adds up the counts of equal buckets, and leaves out those that are empty. The list
// is in order.
func compact(all []filledBucket) (kept []filledBucket) {
	for _, b := range all {
		switch last := len(kept) - 1; {
		case b.n == 0:
		case last >= 0 && kept[last].index == b.index:
			kept[last].n += b.n
		default:
			kept = append(kept, b)
		}
	}
	return kept
}

// combine combines the counts of two lists, bucket by bucket.
func combine(a, b []filledBucket, f func(a, b uint64) uint64) (all []filledBucket) {
	for len(a) > 0 || len(b) > 0 {
		var x, y uint64
		index := int32(math.MaxInt32)
		if len(a) > 0 {
			index = a[0].index
		}
		if len(b) > 0 {
			index = min(index, b[0].index)
		}
		if len(a) > 0 && a[0].index == index {
			x, a = a[0].n, a[1:]
		}
		if len(b) > 0 && b[0].index == index {
			y, b = b[0].n, b[1:]
		}
		if n := f(x, y); n > 0 {
			all = append(all, filledBucket{index, n})
		}
	}
	return all
}

// String returns the count, three quantiles and the maximum.
func (h Histogram) String() string {
	if h.count == 0 {
		return "none"
	}
	return fmt.Sprintf("%d, p50 %v, p90 %v, p99 %v, max %v", h.count, h.Quantile(0.5), h.Quantile(0.9), h.Quantile(0.99), h.max)
}

// histogramJSON is a Histogram in JSON.
type histogramJSON struct {
	Count   uint64      `json:"count"`
	Sum     *big.Int    `json:"sum"`
	Max     int64       `json:"max"`
	Buckets [][2]uint64 `json:"buckets"`
}

// MarshalJSON implements [json.Marshaler].
func (h Histogram) MarshalJSON() ([]byte, error) {
	j := histogramJSON{Count: h.count, Max: int64(h.max), Buckets: make([][2]uint64, 0, len(h.filled))}
	j.Sum = new(big.Int).Lsh(new(big.Int).SetUint64(h.high), 64)
	j.Sum.Add(j.Sum, new(big.Int).SetUint64(h.low))
	for upper, n := range h.Buckets() {
		j.Buckets = append(j.Buckets, [2]uint64{uint64(upper), n})
	}
	return json.Marshal(j)
}

// UnmarshalJSON implements [json.Unmarshaler]. The buckets may come in any order.
func (h *Histogram) UnmarshalJSON(text []byte) error {
	var j histogramJSON
	if err := json.Unmarshal(text, &j); err != nil {
		return err
	}
	if j.Sum == nil {
		j.Sum = new(big.Int)
	}
	if j.Max < 0 || j.Sum.Sign() < 0 || j.Sum.BitLen() > 128 {
		return errors.New("resource: a histogram's max or sum is out of range")
	}
	parsed := Histogram{count: j.Count, max: time.Duration(j.Max)}
	parsed.low = new(big.Int).And(j.Sum, new(big.Int).SetUint64(math.MaxUint64)).Uint64()
	parsed.high = new(big.Int).Rsh(j.Sum, 64).Uint64()
	var total uint64
	for _, b := range j.Buckets {
		if b[0] > math.MaxInt64 {
			return errors.New("resource: a histogram's bucket is out of range")
		}
		parsed.filled = append(parsed.filled, filledBucket{int32(bucket.Of(time.Duration(b[0]), leadingBits)), b[1]})
		total += b[1]
	}
	if total != j.Count {
		return fmt.Errorf("resource: a histogram's count is %d, and its buckets have %d", j.Count, total)
	}
	slices.SortFunc(parsed.filled, func(a, b filledBucket) int { return cmp.Compare(a.index, b.index) })
	parsed.filled = compact(parsed.filled)
	*h = parsed
	return nil
}

// Histograms are the histograms of a pool: see Config.Histograms.
type Histograms struct {
	Wait  Histogram `json:"wait"`  // waits in the queue that have ended, with a resource or without
	Open  Histogram `json:"open"`  // calls of Open that have succeeded
	Test  Histogram `json:"test"`  // tests, on borrow and in the background
	Use   Histogram `json:"use"`   // leases that have ended
	Close Histogram `json:"close"` // calls of Close; one that takes longer than Config.CloseTimeout counts with that time
}

// Merge returns the histograms of two pools together.
func (h Histograms) Merge(o Histograms) Histograms {
	return Histograms{h.Wait.Merge(o.Wait), h.Open.Merge(o.Open), h.Test.Merge(o.Test), h.Use.Merge(o.Use), h.Close.Merge(o.Close)}
}

// Sub subtracts an earlier snapshot of the same pool.
func (h Histograms) Sub(o Histograms) Histograms {
	return Histograms{h.Wait.Sub(o.Wait), h.Open.Sub(o.Open), h.Test.Sub(o.Test), h.Use.Sub(o.Use), h.Close.Sub(o.Close)}
}

// String returns one line.
func (h Histograms) String() string {
	return fmt.Sprintf("wait: %v; open: %v; test: %v; use: %v; close: %v", h.Wait, h.Open, h.Test, h.Use, h.Close)
}
