package main

import (
	"fmt"
	"math"
)

// target is what the pool should reach: a ratio, a figure that does not depend on the
// machine's speed, or one that any machine should reach.
type target struct {
	what  string
	is    func(*results) (value float64, spread string, ok bool)
	most  float64 // with least zero: not above
	least float64
	unit  string
}

func ratioOf(above, below string, f figure) func(*results) (float64, string, bool) {
	return func(r *results) (float64, string, bool) {
		m, least, most, ok := r.ratio(above, below, f)
		return m, fmt.Sprintf("%.2f to %.2f", least, most), ok
	}
}

func valueOf(name string, f figure) func(*results) (float64, string, bool) {
	return func(r *results) (float64, string, bool) {
		m, ok := r.median(name, f)
		return m, "", ok
	}
}

func perSecond(s *sample) float64 {
	if s.Ns == 0 {
		return 0
	}
	return 1e9 / s.Ns
}

func targets() []target {
	const p8, t8 = "parallel/8-per-P/2-procs/", "parallel-timeouts/8-per-P/2-procs/"
	const crowd, get = "idle-100000/", "GET/redis-server/256-goroutines/"
	const idiom, idiomTimed = "borrow-test-idiom/bare/", "borrow-test-idiom/timeouts/"
	const gate, gateTimed = "borrow-test-after-a-minute/bare/", "borrow-test-after-a-minute/timeouts/"
	return []target{
		{what: "one goroutine, bare: ours / two mutex pairs", is: ratioOf("serial/bare/"+ours, "serial/bare/"+mutexes, nsOf), most: 0.8},
		{what: "one goroutine, bare: ours / buffered channel", is: ratioOf("serial/bare/"+ours, "serial/bare/"+channel, nsOf), most: 0.55},
		{what: "one goroutine, bare: puddle / ours", is: ratioOf("serial/bare/"+puddleName, "serial/bare/"+ours, nsOf), least: 8},
		{what: "one goroutine, timeouts: ours / two mutex pairs", is: ratioOf("serial/timeouts/"+ours, "serial/bare/"+mutexes, nsOf), most: 2},
		{what: "without the lane, one goroutine, bare: ours / two mutex pairs", is: ratioOf("serial/bare/"+plain, "serial/bare/"+mutexes, nsOf), most: 1.6},
		{what: "without the lane, one goroutine, bare: ours / buffered channel", is: ratioOf("serial/bare/"+plain, "serial/bare/"+channel, nsOf), most: 1.1},
		{what: "without the lane, one goroutine, bare: puddle / ours", is: ratioOf("serial/bare/"+puddleName, "serial/bare/"+plain, nsOf), least: 3.5},
		{what: "without the lane, one goroutine, timeouts: ours / two mutex pairs", is: ratioOf("serial/timeouts/"+plain, "serial/bare/"+mutexes, nsOf), most: 3},
		{what: "without the lane, 8 per P, bare: redigo / ours", is: ratioOf(p8+redigo, p8+plain, nsOf), least: 6},
		{what: "without the lane, 8 per P, timeouts: redigo / ours", is: ratioOf(t8+redigo, t8+plain, nsOf), least: 4},
		{what: "without the lane, 8 per P, bare: ours / channel", is: ratioOf(p8+plain, p8+channel, nsOf), most: 1},
		{what: "8 per P, places enough, bare: redigo / ours", is: ratioOf(p8+redigo, p8+ours, nsOf), least: 10},
		{what: "8 per P, places enough, timeouts: redigo / ours", is: ratioOf(t8+redigo, t8+ours, nsOf), least: 7},
		{what: "8 per P, places enough, bare: ours / channel", is: ratioOf(p8+ours, p8+channel, nsOf), most: 0.7},
		{what: "forced hand-off: ours / channel", is: ratioOf("hand-off/background/"+ours, "hand-off/background/"+channel, nsOf), most: 1.15},
		{what: "forced hand-off, cancellable: ours / channel", is: ratioOf("hand-off/cancellable/"+ours, "hand-off/cancellable/"+channel, nsOf), most: 1.15},
		{what: "forced hand-off: redigo / ours", is: ratioOf("hand-off/background/"+redigo, "hand-off/background/"+ours, nsOf), least: 1.4},
		{what: "forced hand-off: puddle / ours", is: ratioOf("hand-off/background/"+puddleName, "hand-off/background/"+ours, nsOf), least: 1.5},
		{what: "allocations of a cycle", is: valueOf("serial/bare/"+ours, tenthAllocs), most: 0},
		{what: "allocations of a cycle that waits", is: valueOf("hand-off/cancellable/"+ours, tenthAllocs), most: 0},
		{what: "100,000 idle: Stats", is: valueOf(crowd+"stats/"+ours, nsOf), most: 60, unit: " ns"},
		{what: "100,000 idle: an acquire that finds all stale", is: valueOf(crowd+"all-stale/"+ours, extra("one-ns")), most: 50_000, unit: " ns"},
		{what: "100,000 idle: longest stall of others by Close", is: valueOf(crowd+"close/"+ours, extra("stall-max-ns")), most: 1_000_000, unit: " ns"},
		{what: "bytes for an idle resource, itself not counted", is: valueOf(crowd+"bytes/"+ours, extra("bytes-each")), most: 160},
		{what: "Get and Close of redigo's connection: redigo / ours", is: ratioOf("redis-conn/timeouts/"+redigo, "redis-conn/timeouts/"+redisOurs, nsOf), least: 4},
		{what: "allocations of that", is: valueOf("redis-conn/timeouts/"+redisOurs, tenthAllocs), most: 0},
		{what: "a test that looks at lastUsed: redigo / ours", is: ratioOf(idiom+redigo, idiom+redisOurs, nsOf), least: 1.5},
		{what: "allocations of that", is: valueOf(idiom+redisOurs, tenthAllocs), most: 1},
		{what: "the same with TestIdleAfter: redigo / ours", is: ratioOf(gate+redigo, gate+redisOurs, nsOf), least: 3},
		{what: "allocations of that", is: valueOf(gate+redisOurs, tenthAllocs), most: 0},
		{what: "a test that looks at lastUsed, with timeouts: redigo / ours", is: ratioOf(idiomTimed+redigo, idiomTimed+redisOurs, nsOf), least: 1.5},
		{what: "the same with TestIdleAfter: redigo / ours", is: ratioOf(gateTimed+redigo, gateTimed+redisOurs, nsOf), least: 3},
		{what: "256 goroutines on 16 connections, throughput: ours / redigo", is: ratioOf(get+redisOurs, get+redigo, perSecond), least: 1},
		{what: "256 goroutines on 16 connections, p99.9: ours / redigo", is: ratioOf(get+redisOurs, get+redigo, extra("p999-ns")), most: 1},
	}
}

// tenthAllocs is the allocations of a cycle, rounded to a tenth. So an allocation that
// comes once in many cycles counts as none.
func tenthAllocs(s *sample) float64 { return math.Round(s.Allocs*10) / 10 }

func (t *target) asked() string {
	if t.least > 0 {
		return fmt.Sprintf("≥ %g%s", t.least, t.unit)
	}
	return fmt.Sprintf("≤ %g%s", t.most, t.unit)
}

// met reports whether a value, rounded as it is shown, meets the target.
func (t *target) met(value float64) bool {
	if t.least > 0 {
		return round2(value) >= t.least
	}
	return round2(value) <= t.most
}

func round2(v float64) float64 {
	return float64(int64(v*100+0.5)) / 100
}
