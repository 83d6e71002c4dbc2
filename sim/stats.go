package sim

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Stats has the statistics of a running pool that [Advise] needs. [ParseStats] reads it
// from JSON.
type Stats struct {
	Name      string
	MaxActive int // zero: no limit
	// Over is the time in which the durations were measured. A pool's statistics do not
	// have it. The difference of two snapshots has the time between them, if both have
	// their Time.
	Over time.Duration
	Time time.Time // of the snapshot; zero: not known, since only a debug page says it

	Use  Durations // how long leases were held
	Wait Durations // how long those acquires waited in the queue that waited
	Open Durations // how long openings took

	// Refused is how many acquires got nothing: the pool refused them, or they gave up.
	Refused uint64

	pending    int  // leases that are out and acquires that wait; of a difference: how many more there are at its end
	unmeasured bool // the pool has no histograms
	group      bool // these are several pools together
}

// Requests returns how many requests came: leases that have ended, acquires that got nothing,
// and what [ParseStats] or [Stats.Since] found to be under way.
func (s *Stats) Requests() uint64 {
	return s.Use.Count + s.Refused + uint64(max(s.pending, 0))
}

// Usable returns an error that says why nothing follows from the statistics, however many
// leases there are, or nil.
func (s *Stats) Usable() error {
	switch {
	case s.group:
		return fmt.Errorf("%q is a group of pools, and each has a load of its own: add &pool=%s to the page's address, and name a pool of it, such as %q", s.Name, s.Name, s.Name+"/KEY")
	case s.unmeasured:
		return fmt.Errorf("the pool%s measures nothing: set Config.Histograms, or Histograms of a redispool.Pool", quoted(s.Name))
	}
	return nil
}

func quoted(name string) string {
	if name == "" {
		return ""
	}
	return fmt.Sprintf(" %q", name)
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

var errFewer = errors.New("the second snapshot has fewer durations than the first: the pool was made anew, or the order is wrong")

// since returns the durations that have come since an earlier snapshot.
func (d *Durations) since(earlier *Durations) (Durations, error) {
	if earlier.Count > d.Count || earlier.Sum > d.Sum {
		return Durations{}, errFewer
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

// Since returns the durations and refusals since an earlier snapshot of the same pool. Over
// stays as it is unless both have their Time. It returns an error if a count is lower than
// before, or if the other snapshot is not the earlier one.
func (s *Stats) Since(earlier *Stats) (*Stats, error) {
	out := *s
	for _, d := range []struct{ to, now, was *Durations }{{&out.Use, &s.Use, &earlier.Use}, {&out.Wait, &s.Wait, &earlier.Wait}, {&out.Open, &s.Open, &earlier.Open}} {
		rest, err := d.now.since(d.was)
		if err != nil {
			return nil, err
		}
		*d.to = rest
	}
	if s.Refused < earlier.Refused {
		return nil, errFewer
	}
	out.Refused, out.pending = s.Refused-earlier.Refused, s.pending-earlier.pending
	if !s.Time.IsZero() && !earlier.Time.IsZero() {
		if out.Over = s.Time.Sub(earlier.Time); out.Over <= 0 {
			return nil, errors.New("the second snapshot is not later than the first: the order is wrong")
		}
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
