package sim

import (
	"math"
	"testing"
)

// While one of two instances is replaced, the other one gets all requests: a system M/M/c has
// twice the load. Each phase is hundreds of relaxation times long, so the mean wait is that of
// both systems, by their time.
func TestDeployByTheory(t *testing.T) {
	const servers, rate, phase = 3, 0.8, 12 * sec
	sc := Scenario{
		Duration: 4 * phase, Pool: Pool{MaxActive: servers, Wait: true}, Workload: atRate(rate, randomly(1)),
		Fleet: Fleet{Instances: 2, Deploy: Deploy{At: phase, Every: 2 * phase, Down: phase}},
	}
	both, one := load{servers, rate, 1}, load{servers, 2 * rate, 1}
	agreesWith(t, "one of two at a time", sc,
		figure{"wait", waitMean, (both.erlangC()/both.drain() + one.erlangC()/one.drain()) / 2},
		figure{"had to wait", func(r *Report) float64 { return r.WaitedFraction }, (both.erlangC() + one.erlangC()) / 2},
		figure{"instances", func(r *Report) float64 { return r.Fleet.MeanLive }, 1.5},
	)
}

// An autoscaler with a narrow band has as many instances as have the target's utilization under the
// load, whether it begins with more or with fewer.
func TestAutoscalerByTheory(t *testing.T) {
	needsTime(t, 0)
	const perInstance, offered = 16, 600.0 // connections, and those in use by all instances together
	for _, c := range []struct {
		begin  int
		target float64
	}{{60, 0.5}, {60, 0.75}, {100, 0.5}} {
		sc := &Scenario{
			Seed: 1, Duration: 30 * sec, WarmUp: 15 * sec,
			Pool:     Pool{MaxActive: perInstance, Wait: true},
			Workload: atRate(offered/50/float64(c.begin), randomly(50)),
			Fleet: Fleet{Instances: c.begin, Autoscale: Autoscale{
				Every: sec / 2, Min: 10, Max: 150, Low: c.target - 0.005, High: c.target + 0.005,
			}},
		}
		want := offered / perInstance / c.target
		got := simulate(t, sc).Fleet.MeanLive
		off := got/want - 1
		t.Logf("from %d to a utilization of %v: %.1f instances, by theory %.1f: %+.2f %%", c.begin, c.target, got, want, 100*off)
		if math.Abs(off) > maxDeviation {
			t.Errorf("from %d to a utilization of %v: %.1f instances, by theory %.1f", c.begin, c.target, got, want)
		}
	}
}
