package sim

import (
	"testing"
	"time"
)

// overload is arrivals at a multiple of what ten connections of 3 ms can serve.
func overload(factor float64, target Duration) *Scenario {
	return &Scenario{
		Seed: 1, Duration: 60 * sec, WarmUp: sec,
		Pool:     Pool{MaxActive: 10, Wait: true, ShedTarget: target},
		Workload: Workload{Open: &OpenLoop{Poisson: factor * 10 / 0.003}, Hold: exponential(3 * ms)},
	}
}

// At 1.5 times the capacity the requests that are served wait no longer than the target.
// No fewer are served than without shedding: the connections are busy all the time. In a
// plain queue the wait grows with the length of the run.
func TestShedAtOverload(t *testing.T) {
	onOneGoroutine(t)
	const target = 20 * ms
	plain, shed := simulate(t, overload(1.5, 0)), simulate(t, overload(1.5, target))
	longer := overload(1.5, 0)
	longer.Duration *= 2
	longerPlain := simulate(t, longer)
	t.Logf("p99 of the wait: %v, %v in twice the time, %v with a target of %v; granted %d and %d", plain.Wait.P99, longerPlain.Wait.P99, shed.Wait.P99, target, plain.Outcomes.Granted, shed.Outcomes.Granted)
	if longerPlain.Wait.P99 < 1.8*plain.Wait.P99 || plain.Wait.P99 < 10 {
		t.Errorf("in a plain queue p99 of the wait is %v s, and %v s in twice the time", plain.Wait.P99, longerPlain.Wait.P99)
	}
	if shed.Wait.P99 > time.Duration(target).Seconds() {
		t.Errorf("p99 of the wait is %v s", shed.Wait.P99)
	}
	if shed.Utilization < 0.999 {
		t.Errorf("utilization %v", shed.Utilization)
	}
	if share := float64(shed.Outcomes.Shed) / float64(shed.Requests); share < 0.32 || share > 0.35 {
		t.Errorf("a share of %v is shed, of the third that cannot be served", share)
	}
}

// At 0.9 times the capacity the queue empties again and again, and nobody is refused.
func TestShedBelowCapacity(t *testing.T) {
	onOneGoroutine(t)
	plain, shed := simulate(t, overload(0.9, 0)), simulate(t, overload(0.9, 20*ms))
	if shed.Outcomes != plain.Outcomes || shed.Wait != plain.Wait {
		t.Errorf("%+v %+v, without it %+v %+v", shed.Outcomes, shed.Wait, plain.Outcomes, plain.Wait)
	}
}

// storm is two hundred clients who come back 30 ms after they were served or refused. That
// is more than twice what ten connections can serve. In a slowdown every request takes ten
// times as long.
func storm(target Duration) *Scenario {
	return &Scenario{
		Seed: 1, Duration: 30 * sec,
		Pool:     Pool{MaxActive: 10, Wait: true, ShedTarget: target, ShedInterval: 100 * ms},
		Workload: Workload{Closed: &ClosedLoop{Clients: 200, Think: exponential(30 * ms)}, Hold: exponential(3 * ms)},
		World:    World{Slow: []Slowdown{{At: 10 * sec, For: 5 * sec, Factor: 10}}},
	}
}

// Clients that come back at once after a refusal keep the pool overloaded. All the time
// the pool serves as many as it can, each in time. When the slowdown is over, the pool
// recovers.
func TestShedInAStorm(t *testing.T) {
	onOneGoroutine(t)
	r := simulate(t, storm(10*ms))
	tl := r.Timeline
	phase := func(from, to float64) (granted, refused uint64, wait float64) {
		for i := range tl.Granted {
			if at := float64(i) * tl.Step; at >= from && at+tl.Step <= to {
				granted, refused = granted+tl.Granted[i], refused+tl.Refused[i]
				wait = max(wait, tl.WaitP99[i])
			}
		}
		return granted, refused, wait
	}
	before, _, _ := phase(4, 10)
	within, refused, wait := phase(11, 15)
	after, _, waitAfter := phase(20, 26)
	t.Logf("granted %d before, %d within, %d after; refused within %d; p99 %v and %v", before, within, after, refused, wait, waitAfter)
	if refused == 0 || wait > 0.0102 {
		t.Errorf("in the slowdown %d are refused, p99 of the wait is %v s", refused, wait)
	}
	if float64(after) < 0.97*float64(before) || waitAfter > 0.0102 {
		t.Errorf("%d are granted after the slowdown, %d before; p99 of the wait is %v s", after, before, waitAfter)
	}
}

// retryStorm is a load of 75% of what the pool can serve, of clients whose requests time out
// after 25 ms and are tried again at once, up to three times. A request that times out in use
// costs the connection. For a second the server is five times as slow.
func retryStorm(target Duration) *Scenario {
	return &Scenario{
		Seed: 1, Duration: 40 * sec,
		Pool:     Pool{MaxActive: 10, Wait: true, ShedTarget: target, ShedInterval: 10 * target},
		Workload: Workload{Open: &OpenLoop{Poisson: 0.75 * 10 / 0.003}, Hold: exponential(3 * ms), Timeout: 25 * ms},
		World:    World{OpenLatency: constant(15 * ms), Slow: []Slowdown{{At: 10 * sec, For: sec, Factor: 5}}},
		Clients:  Clients{Retry: Retry{Retries: 3}},
	}
}

// In a plain queue the storm goes on when its cause is over: whoever is served has waited
// for so long that it times out in use. With a target the pool is as before a second later.
func TestShedEndsARetryStorm(t *testing.T) {
	onOneGoroutine(t)
	for _, tc := range []struct {
		target     Duration
		metastable bool
	}{{0, true}, {4 * ms, false}} {
		r := simulate(t, retryStorm(tc.target))
		well := func(from, to float64) (n uint64) {
			for i := range r.Timeline.Good {
				if at := float64(i) * r.Timeline.Step; at >= from && at < to {
					n += r.Timeline.Good[i]
				}
			}
			return n
		}
		before, after := well(2, 10), well(30, 38)
		t.Logf("target %v: %d calls end well before, %d after; %+v", tc.target, before, after, r.Calls)
		if share := float64(after) / float64(before); tc.metastable && share > 0.5 || !tc.metastable && share < 0.97 {
			t.Errorf("target %v: %d calls end well in eight seconds before the slowdown, and %d long after it", tc.target, before, after)
		}
	}
}
