package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Stats is what a running pool says of itself, as far as [Advise] needs it. [ParseStats]
// reads it from JSON.
type Stats struct {
	Name      string
	MaxActive int // zero: no limit
	// Over is the time in which the durations were measured. It is not part of a pool's
	// statistics. The difference of two snapshots has the time between them.
	Over time.Duration

	Use  Durations // how long leases were held
	Wait Durations // how long those acquires waited in the queue that waited
	Open Durations // how long openings took
}

// Durations is measured durations, in buckets.
type Durations struct {
	Count   uint64
	Sum     time.Duration
	Buckets []Bucket // in ascending order
}

// Bucket is durations of about the same length.
type Bucket struct {
	Upper time.Duration // the longest
	Count uint64
}

// Mean returns the mean, or zero if there are no durations.
func (d *Durations) Mean() time.Duration {
	if d.Count == 0 {
		return 0
	}
	return time.Duration(float64(d.Sum) / float64(d.Count))
}

// Quantile returns a duration that a share q does not exceed, right to the width of a
// bucket.
func (d *Durations) Quantile(q float64) time.Duration {
	rank := max(uint64(math.Ceil(float64(q*float64(d.Count)))), 1)
	var seen uint64
	for _, b := range d.Buckets {
		if seen += b.Count; seen >= rank {
			return b.Upper
		}
	}
	return 0
}

// since returns the durations that have come since an earlier snapshot.
func (d *Durations) since(earlier *Durations) (Durations, error) {
	if earlier.Count > d.Count || earlier.Sum > d.Sum {
		return Durations{}, errors.New("the second snapshot has fewer durations than the first: the pool was made anew, or the order is wrong")
	}
	was := map[time.Duration]uint64{}
	for _, b := range earlier.Buckets {
		was[b.Upper] = b.Count
	}
	rest := Durations{Count: d.Count - earlier.Count, Sum: d.Sum - earlier.Sum}
	for _, b := range d.Buckets {
		if n := b.Count - min(was[b.Upper], b.Count); n > 0 {
			rest.Buckets = append(rest.Buckets, Bucket{b.Upper, n})
		}
	}
	return rest, nil
}

// Since subtracts an earlier snapshot of the same pool. Over stays as it is.
func (s *Stats) Since(earlier *Stats) (*Stats, error) {
	out := *s
	for _, d := range []struct{ to, now, was *Durations }{{&out.Use, &s.Use, &earlier.Use}, {&out.Wait, &s.Wait, &earlier.Wait}, {&out.Open, &s.Open, &earlier.Open}} {
		rest, err := d.now.since(d.was)
		if err != nil {
			return nil, err
		}
		*d.to = rest
	}
	return &out, nil
}

// dist returns a distribution with the same quantiles.
func (d *Durations) dist() Dist {
	if d.Count == 0 {
		return Dist{}
	}
	const points = 1000
	samples := make([]Duration, points)
	for i := range samples {
		samples[i] = Duration(d.Quantile((float64(i) + 0.5) / points))
	}
	// The upper ends of buckets are a little too long. The mean is known.
	all := Dist{Empirical: samples}
	if mean := all.Mean(); mean > 0 && d.Sum > 0 {
		by := float64(d.Mean()) / float64(mean)
		for i := range samples {
			samples[i] = Duration(math.Round(float64(float64(samples[i]) * by)))
		}
	}
	return all
}

// ParseStats reads the statistics of pools from JSON: those of one resource.Pool, as
// encoding/json writes its Stats, or the document of a debug page, which has several.
// The pool must measure histograms. The names of fields may be written in any case,
// with underscores or without.
func ParseStats(data []byte) ([]Stats, error) {
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	var all []Stats
	if err := findStats(v, "", &all); err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errors.New("there are no statistics of a pool with histograms: set Config.Histograms")
	}
	return all, nil
}

// findStats looks for objects with histograms. A name is that of the nearest object
// around them that has one.
func findStats(v any, name string, all *[]Stats) error {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			if err := findStats(x, name, all); err != nil {
				return err
			}
		}
	case map[string]any:
		o := object(v)
		if s, is := o.get("name").(string); is && s != "" {
			name = s
		}
		if h, is := o.get("histograms").(map[string]any); is && object(h).get("use") != nil {
			st, err := statsOf(o, object(h))
			if err != nil {
				return err
			}
			st.Name = name
			*all = append(*all, *st)
			return nil
		}
		for _, key := range o.keys() {
			inner := name
			if _, is := o.get("name").(string); !is && name == "" {
				inner = key
			}
			if err := findStats(v[key], inner, all); err != nil {
				return err
			}
		}
	}
	return nil
}

// object is an object of JSON, whose names may be written in different ways.
type object map[string]any

func plainName(s string) string { return strings.ToLower(strings.ReplaceAll(s, "_", "")) }

func (o object) get(name string) any {
	for key, v := range o {
		if plainName(key) == name {
			return v
		}
	}
	return nil
}

func (o object) keys() (all []string) {
	for key := range o {
		all = append(all, key)
	}
	slices.Sort(all)
	return all
}

func statsOf(o, histograms object) (*Stats, error) {
	st := new(Stats)
	if n, is := o.get("maxactive").(float64); is && n > 0 && n < math.MaxInt32 {
		st.MaxActive = int(n)
	}
	for _, h := range []struct {
		name string
		to   *Durations
	}{{"use", &st.Use}, {"wait", &st.Wait}, {"open", &st.Open}} {
		v, is := histograms.get(h.name).(map[string]any)
		if !is {
			continue
		}
		if err := readDurations(object(v), h.to); err != nil {
			return nil, fmt.Errorf("the histogram %q: %w", h.name, err)
		}
	}
	return st, nil
}

// readDurations reads a histogram: its count, its sum in nanoseconds, and its buckets as
// pairs of an upper end in nanoseconds and a count.
func readDurations(o object, to *Durations) error {
	count, hasCount := o.get("count").(float64)
	sum, hasSum := o.get("sum").(float64)
	buckets, _ := o.get("buckets").([]any)
	if !hasCount || !hasSum {
		return errors.New("it has no count, or no sum")
	}
	to.Count, to.Sum = uint64(count), time.Duration(min(sum, float64(longest)*1e3))
	total := uint64(0)
	for i, b := range buckets {
		pair, is := b.([]any)
		if !is || len(pair) != 2 {
			return fmt.Errorf("bucket %d is not a pair of an upper end and a count", i)
		}
		upper, ok := pair[0].(float64)
		n, also := pair[1].(float64)
		if !ok || !also || upper < 0 || n < 0 {
			return fmt.Errorf("bucket %d is not a pair of two numbers from 0 on", i)
		}
		to.Buckets = append(to.Buckets, Bucket{time.Duration(min(upper, float64(longest))), uint64(n)})
		total += uint64(n)
	}
	if total != to.Count {
		return fmt.Errorf("its buckets have %d durations, and its count is %d", total, to.Count)
	}
	slices.SortFunc(to.Buckets, func(a, b Bucket) int { return int(min(max(a.Upper-b.Upper, -1), 1)) })
	return nil
}
