package fit

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/respool/respool/sim"
)

// readStats reads a pool's own statistics. Leases are held as long as they are used.
func readStats(data, earlier []byte, o *Options) (*Data, error) {
	st, err := PoolOf(data, o.Pool)
	if err != nil {
		return nil, err
	}
	if earlier != nil {
		was, err := PoolOf(earlier, o.Pool)
		if err != nil {
			return nil, fmt.Errorf("the earlier file: %w", err)
		}
		if st, err = st.Since(was); err != nil {
			return nil, err
		}
	}
	if err := st.Usable(); err != nil {
		return nil, err
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
	over := o.Over
	if over == 0 {
		over = st.Over
	}
	if over > 0 {
		d.Rate = float64(st.Requests()) / over.Seconds()
		d.Notes = append(d.Notes, fmt.Sprintf("%d leases have ended in %v", st.Use.Count, over.Round(time.Millisecond)))
	}
	if st.Refused > 0 {
		d.Notes = append(d.Notes, fmt.Sprintf("%d acquires got nothing, and each is a request of the load", st.Refused))
	}
	return d, nil
}

// PoolOf returns the statistics of the named pool, or of the only one from which something
// follows.
func PoolOf(data []byte, name string) (*sim.Stats, error) {
	all, err := sim.ParseStats(data)
	if err != nil {
		return nil, err
	}
	var names []string
	var usable *sim.Stats
	several := false
	for i := range all {
		st := &all[i]
		if name != "" && st.Name == name || name == "" && len(all) == 1 {
			return st, nil
		}
		names = append(names, fmt.Sprintf("%q", st.Name))
		if st.Usable() == nil {
			several, usable = several || usable != nil, st
		}
	}
	switch {
	case name != "":
		return nil, fmt.Errorf("-pool: there is no pool %q, of %s", name, strings.Join(names, ", "))
	case usable == nil || several:
		return nil, fmt.Errorf("there are %d pools: name one with -pool, of %s", len(names), strings.Join(names, ", "))
	}
	return usable, nil
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
