package sim

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// exponentialDurations is what a pool measures of n exponential durations.
func exponentialDurations(mean time.Duration, n uint64) Durations {
	d := Durations{Count: n, Sum: mean * time.Duration(n)}
	share := func(at time.Duration) float64 { return 1 - math.Exp(-float64(at)/float64(mean)) }
	seen := uint64(0)
	for at := time.Microsecond; seen < n; at += at/100 + 1 {
		upTo := uint64(math.Round(share(at) * float64(n)))
		if more := upTo - seen; more > 0 {
			d.Buckets = append(d.Buckets, Bucket{at, more})
		}
		seen = upTo
	}
	return d
}

// The limit is that of queueing theory: of M/M/c at 6 in use, 9 is the smallest with a p99
// below 5 ms, as the page about sizing has it.
func TestAdviseIsErlangs(t *testing.T) {
	onOneGoroutine(t)
	t.Parallel()
	st := &Stats{MaxActive: 12, Over: time.Minute, Use: exponentialDurations(3*time.Millisecond, 120_000)}
	a, err := Advise(st, Target{0.99, 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if a.MaxActive != 9 || math.Abs(a.Rate-2000) > 1 || math.Abs(a.Load-6) > 0.05 || a.High > 0.005 || a.Low > a.Wait || a.Wait > a.High {
		t.Errorf("%+v", a)
	}
	if r := simulate(t, a.Scenario); r.Wait.P99 > 0.005 {
		t.Errorf("the advised scenario has a p99 of %v", r.Wait.P99)
	}
}

// If a pool's measurements contradict the simulation, the advice says so.
func TestAdviseComparesWithTheMeasuredWait(t *testing.T) {
	onOneGoroutine(t)
	t.Parallel()
	st := &Stats{MaxActive: 9, Over: time.Minute, Use: exponentialDurations(3*time.Millisecond, 120_000)}
	for wait, want := range map[time.Duration]bool{3 * time.Millisecond: true, 30 * time.Millisecond: false} {
		// A fifth of the requests waits, one in fifty for so long, and one in 200 ten times as long.
		st.Wait = Durations{Count: 24_000, Sum: 1, Buckets: []Bucket{{time.Microsecond, 21_600}, {wait, 1800}, {10 * wait, 600}}}
		a, err := Advise(st, Target{0.99, 5 * time.Millisecond})
		if err != nil || a.Agrees != want || a.MeasuredNow != wait.Seconds() || math.Abs(a.SimulatedNow-0.0029) > 0.0005 {
			t.Errorf("measured %v: %+v, %v", wait, a, err)
		}
	}
}

// A pool of four can serve 1,333 requests a second, and got 2,000. The rest were refused, or
// are waiting still. The advice is that for 2,000, as in TestAdviseIsErlangs.
func TestAdviseOfAnOverloadedPool(t *testing.T) {
	onOneGoroutine(t)
	t.Parallel()
	for name, c := range map[string]struct {
		refused uint64
		pending int
		share   float64
	}{"refused": {refused: 40_000, share: 1. / 3}, "waiting": {pending: 40_000}} {
		st := &Stats{MaxActive: 4, Over: time.Minute, Use: exponentialDurations(3*time.Millisecond, 80_000), Refused: c.refused, pending: c.pending}
		a, err := Advise(st, Target{0.99, 5 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		if a.MaxActive != 9 || math.Abs(a.Rate-2000) > 1 || a.Refused != c.share || a.WaitedNow < 0.9 || a.Agrees != (c.refused > 0) {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// A request that is refused has found all connections in use. Random arrivals of this load wait in one
// case of 4,000.
func TestAdviseOfBurstsThatAreRefused(t *testing.T) {
	onOneGoroutine(t)
	t.Parallel()
	for refused, want := range map[uint64]bool{0: true, 60: true, 12_000: false} {
		st := &Stats{MaxActive: 16, Over: time.Minute, Use: exponentialDurations(3*time.Millisecond, 120_000-refused), Refused: refused}
		if a, err := Advise(st, Target{0.99, 5 * time.Millisecond}); err != nil || a.Agrees != want || a.WaitedNow > 0.001 {
			t.Errorf("%d refused: %+v, %v", refused, a, err)
		}
	}
}

// The callers of a pool of 9, which meets the target, as in TestAdviseIsErlangs, are refused
// and try again, three times for each request. The statistics are those of 8,000 requests a
// second, so the advice names the limit without the attempts, too.
func TestAdviseOfRetries(t *testing.T) {
	onOneGoroutine(t)
	t.Parallel()
	st := &Stats{MaxActive: 9, Over: time.Minute, Use: exponentialDurations(3*time.Millisecond, 120_000)}
	for refused, most := range map[uint64]int{0: 9, 360_000: 40} {
		st.Refused = refused
		a, err := Advise(st, Target{0.99, 5 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		if a.IfRetried != 9 || a.MaxActive > most || (a.MaxActive > 9) != (refused > 0) {
			t.Errorf("%d refused: %+v", refused, a)
		}
	}
}

func TestAdviseRefuses(t *testing.T) {
	used := Stats{MaxActive: 3, Over: time.Second, Use: Durations{1, 1, []Bucket{{1, 1}}}}
	for want, c := range map[string]struct {
		st Stats
		t  Target
	}{
		"no lease":              {Stats{Over: 1}, Target{0.99, 1}},
		"set Over":              {Stats{Use: used.Use}, Target{0.99, 1}},
		"1 is not between":      {used, Target{1, 1}},
		"the wait -1ns is neg":  {used, Target{0.5, -1}},
		"MaxActive is -1, must": {Stats{MaxActive: -1, Over: time.Second, Use: used.Use}, Target{0.99, 1}},
		"and 3000 of 4000 requests got nothing: if their callers try again, each attempt counts": {
			Stats{Over: time.Second, Refused: 3000, Use: Durations{1000, 1000 * 2 * time.Second, []Bucket{{2 * time.Second, 1000}}}}, Target{0.99, 1},
		},
		// A run is too short to fill so many connections, so without the bound any limit would do.
		"no limit up to 4096": {Stats{Over: time.Second, Use: Durations{1e6, 1e6 * time.Second, []Bucket{{time.Second, 1e6}}}}, Target{0.99, 1}},
	} {
		if a, err := Advise(&c.st, c.t); a != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v, %v, want %q", a, err, want)
		}
	}
}

const statsJSON = `{"MaxActive": %d, "Histograms": {
	"Wait": {"count": 2, "sum": 7, "max": 7, "buckets": [[0, 1], [7, 1]]},
	"use_": {"count": 3, "sum": 600, "max": 300, "buckets": [[300, 1], [100, 1], [200, 1]]}}}`

func TestParseStats(t *testing.T) {
	one := fmt.Sprintf(statsJSON, 9)
	for text, names := range map[string]string{
		one: "", `{"pools": [{"name": "a", "stats": ` + one + `}, {"name": "b", "stats": ` + one + `}]}`: "ab",
		`{"l": ["a", "a"], "x": ` + one + `}`: "x", `{"b": ` + one + `, "B": ` + one + `}`: "Bb", `[{"name": "name", "x": [` + one + `]}]`: "name",
	} {
		all, err := ParseStats([]byte(text))
		got := ""
		for _, st := range all {
			got += st.Name
			if st.MaxActive != 9 || st.Use.Mean() != 200 || st.Use.Quantile(0.5) != 200 || st.Wait.Quantile(1) != 7 || st.Open.Count != 0 {
				t.Errorf("%+v", st)
			}
		}
		if err != nil || got != names || len(all) == 0 {
			t.Errorf("%s: pools %q, %v; want %q", text, got, err, names)
		}
	}
	for text, want := range map[string]string{
		"x":                           "not JSON",
		`{"Active": 3}`:               "there are no statistics of a pool",
		`{"histograms": {"use": {}}}`: "no count",
		`{"histograms": {"use": {"count": -2, "sum": 2}}}`:                        "no -2 durations have the sum 2",
		`{"histograms": {"use": {"count": 1e30, "sum": 2}}}`:                      "no 1e+30 durations have the sum 2",
		`{"histograms": {"use": {"count": 2, "sum": -2}}}`:                        "no 2 durations have the sum -2",
		`{"histograms": {"use": {"count": 2, "sum": 2, "buckets": [[1, 1e30]]}}}`: "bucket 0 is not a pair of two numbers",
		"{\n\"histograms\": {\"use\": 1,\n \"use\": 2}}":                          `the key "use" is there twice (line 3, column 2)`,
		`[{"a": [1, {}], "b": "a", "a": 2}]`:                                      `the key "a" is there twice (line 1, column 27)`,
		`{"Active": 3, "active": 3, "acquired": 1}`:                               `"Active" and "active" are one name: leave one out`,
		`{"histograms": {"use": {}, "Use": {}}}`:                                  `"Use" and "use" are one name`,
		`{"histograms": {"use": {"count": 1, "Count": 2}}}`:                       `"Count" and "count" are one name`,
		`{"MaxOpenConnections": 3, "WaitCount": 1, "WaitDuration": 5}`:            "they are the statistics of a sql.DB, which does not measure",
		`{"histograms": {"use": {"count": 2, "sum": 2, "buckets": [[1, 1]]}}}`:    "its buckets have 1 durations, and its count is 2",
		`{"histograms": {"use": {"count": 2, "sum": 2, "buckets": [[1]]}}}`:       "bucket 0",
	} {
		if all, err := ParseStats([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v; want %q", text, all, err, want)
		}
	}
}

// A debug page has groups and pools without histograms, and says when it was made.
func TestParseStatsOfAPage(t *testing.T) {
	measured := fmt.Sprintf(statsJSON, 9)
	page := func(pools string) string {
		return `{"version": 1, "time": "2026-11-28T10:00:00.5Z", "pools": [` + pools + `]}`
	}
	const bare = `{"MaxActive": 4, "Active": 2, "Acquired": 7, "Exhausted": 1, "TimedOut": 2, "Canceled": 3, "Shed": 4}`
	for text, want := range map[string]string{
		page(`{"name": "a", "stats": ` + measured + `}`):                                                                                "a",
		page(`{"name": "a", "stats": ` + bare + `}`):                                                                                    `a (the pool "a" measures nothing`,
		page(`{"name": "g", "group": true, "stats": ` + measured + `}`):                                                                 `g ("g" is a group of pools`,
		page(`{"name": "g", "group": true, "stats": ` + measured + `, "details": {"keys": [{"key": "k", "stats": ` + measured + `}]}}`): `g/k g ("g" is a group of pools`,
		page(`{"name": "g", "group": true, "stats": ` + measured + `, "details": {"key": "k", "resources": []}}`):                       "g/k",
	} {
		all, err := ParseStats([]byte(text))
		var got []string
		for _, st := range all {
			if st.Time.Nanosecond() != 5e8 {
				t.Errorf("%s: made at %v", text, st.Time)
			}
			name := st.Name
			if err := st.Usable(); err != nil {
				name += " (" + err.Error()
			}
			got = append(got, name)
		}
		if err != nil || !strings.HasPrefix(strings.Join(got, " "), want) {
			t.Errorf("%s: %q, %v; want %q", text, got, err, want)
		}
	}
	all, err := ParseStats([]byte(bare))
	if err != nil || len(all) != 1 || all[0].Refused != 10 || all[0].Requests() != 10 {
		t.Errorf("%+v, %v", all, err)
	}
	all, err = ParseStats([]byte(`{"Active": 2, "Acquired": 7, "leased": 2, "Waiting": 3, "timed_out": 4}`))
	if err != nil || len(all) != 1 || all[0].Requests() != 9 {
		t.Errorf("%+v, %v", all, err)
	}
	for text, want := range map[string]string{
		`{"version": 2, "pools": []}`: "the page has version 2, and version 1 is understood",
		page(""):                      "there are no statistics of a pool",
		"<!DOCTYPE html>":             "not JSON, but HTML",
		"main: 2 of 2 exist\nx":       `it begins with "main: 2 of 2 exist"`,
		" ":                           "it is empty",
		`{"a": `:                      "not JSON: unexpected end",
	} {
		if all, err := ParseStats([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v; want %q", text, all, err, want)
		}
	}
}

// The difference of two snapshots is what happened between them.
func TestStatsSince(t *testing.T) {
	first := &Stats{Use: Durations{2, 30, []Bucket{{10, 1}, {20, 1}}}}
	second := &Stats{Use: Durations{5, 90, []Bucket{{10, 2}, {20, 3}}}, Over: time.Second}
	d, err := second.Since(first)
	if err != nil || d.Use.Count != 3 || d.Use.Sum != 60 || len(d.Use.Buckets) != 2 || d.Use.Buckets[1].Count != 2 || d.Over != time.Second {
		t.Errorf("%+v, %v", d, err)
	}
	first.pending, second.pending, second.Refused = 4, 6, 10
	for now, want := range map[int]uint64{4: 3 + 10, 6: 3 + 10 + 2, 1: 3 + 10} {
		second.pending = now
		if d, err := second.Since(first); err != nil || d.Requests() != want {
			t.Errorf("%d under way: %+v, %v, want %d requests", now, d, err, want)
		}
	}
	if _, err := first.Since(second); err == nil {
		t.Error("an earlier snapshot has more than a later one")
	}
	first.Time, second.Time = time.Unix(10, 0), time.Unix(13, 0)
	if d, err := second.Since(first); err != nil || d.Over != 3*time.Second {
		t.Errorf("%+v, %v", d, err)
	}
	first.Time = second.Time
	if _, err := second.Since(first); err == nil {
		t.Error("the second snapshot is not later")
	}
}
