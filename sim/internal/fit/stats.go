package fit

import (
	"errors"
	"fmt"
	"strings"

	"github.com/respool/respool/sim"
)

// readStats reads a pool's own statistics. Leases are held as long as they are used.
func readStats(data, earlier []byte, o *Options) (*Data, error) {
	st, err := poolOf(data, o)
	if err != nil {
		return nil, err
	}
	if earlier != nil {
		was, err := poolOf(earlier, o)
		if err != nil {
			return nil, fmt.Errorf("the earlier file: %w", err)
		}
		if st, err = st.Since(was); err != nil {
			return nil, err
		}
	}
	if st.Use.Count == 0 {
		return nil, errors.New("the pool has measured no lease")
	}
	d := &Data{Kind: "stats", Latency: sampleOfBuckets(&st.Use), MaxActive: st.MaxActive}
	d.Notes = append(d.Notes, "a lease is held for as long as the pool has measured its use")
	if st.Open.Count > 0 {
		d.Open = sampleOfBuckets(&st.Open)
		d.Notes = append(d.Notes, "opening takes as long as the pool has measured")
	}
	if o.Over > 0 {
		d.Rate = float64(st.Use.Count) / o.Over.Seconds()
		d.Notes = append(d.Notes, fmt.Sprintf("%d leases have ended in %v", st.Use.Count, o.Over))
	}
	return d, nil
}

func poolOf(data []byte, o *Options) (*sim.Stats, error) {
	all, err := sim.ParseStats(data)
	if err != nil {
		return nil, err
	}
	var names []string
	for i := range all {
		if all[i].Name == o.Pool || o.Pool == "" && len(all) == 1 {
			return &all[i], nil
		}
		names = append(names, fmt.Sprintf("%q", all[i].Name))
	}
	if o.Pool == "" {
		return nil, fmt.Errorf("there are %d pools: name one with -pool, of %s", len(all), strings.Join(names, ", "))
	}
	return nil, fmt.Errorf("-pool: there is no pool %q, of %s", o.Pool, strings.Join(names, ", "))
}

func sampleOfBuckets(d *sim.Durations) *Sample {
	s := &Sample{Count: d.Count, Mean: d.Sum.Seconds() / float64(d.Count)}
	var seen uint64
	for _, b := range d.Buckets {
		seen += b.Count
		s.Points = append(s.Points, Point{b.Upper.Seconds(), float64(seen) / float64(d.Count)})
		s.Max = b.Upper.Seconds()
	}
	return s
}
