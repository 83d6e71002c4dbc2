package sim_test

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/check"
)

// TestShellAgreesWhenDrawn is TestShellAgrees with drawn pools, workloads and
// latencies. No two things happen at one instant in them but by the pool's doing:
// which of two comes first on the real pool is up to the scheduler.
//
//	RESPOOL_DRAWN_POOLS=6000 go test -run TestShellAgreesWhenDrawn -timeout 0 ./sim
func TestShellAgreesWhenDrawn(t *testing.T) {
	pools := uint64(150)
	if n, err := strconv.ParseUint(os.Getenv("RESPOOL_DRAWN_POOLS"), 10, 64); err == nil {
		pools = n
	}
	if testing.Short() || sim.RaceDetector {
		pools = 30
	}
	for seed := uint64(1); seed <= pools && !t.Failed(); seed++ {
		sc := drawn(seed)
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			// A pool that replaces its minimum is never done with it, and is not looked at
			// after the same time.
			replaces := sc.Pool.MinIdle > 0 && (sc.Pool.MaxAge > 0 || sc.Pool.IdleTimeout > 0)
			for _, f := range both(t, sc) {
				lasts := f.what == "opens" || strings.HasPrefix(f.what, "closed ")
				if f.real != f.virtual && !(replaces && lasts) {
					t.Errorf("%s: %v on the pool, %v in the simulation", f.what, f.real, f.virtual)
				}
			}
			if t.Failed() {
				t.Logf("%+v\n%+v\n%+v", sc.Pool, sc.Workload, sc.World)
			}
		})
	}
}

// drawn is a scenario of the search without its faults.
func drawn(seed uint64) *sim.Scenario {
	sc := check.Swarm(seed)
	exp := func(of sim.Dist, ms uint64) sim.Dist {
		if of.Exponential == 0 {
			of = sim.Dist{Exponential: sim.D(time.Duration(1+ms%5) * time.Millisecond)}
		}
		return of
	}
	w := &sc.World
	sc.Requests, sc.Clients, sc.Fleet = 300, sim.Clients{}, sim.Fleet{}
	sc.World = sim.World{OpenLatency: exp(w.OpenLatency, seed), CloseLatency: exp(w.CloseLatency, seed/5), TestLatency: exp(w.TestLatency, seed/3)}
	sc.Workload = sim.Workload{
		Open: &sim.OpenLoop{Poisson: float64(100 + seed*37%1900)}, Hold: exp(sc.Workload.Hold, seed/7), Patience: sc.Workload.Patience,
	}
	if p := &sc.Pool; p.Test != nil || p.IdleTimeout > 0 || p.MaxAge > 0 {
		sc.Workload.Patience = sim.Dist{} // in the simulation it is that of waiting in line alone
	}
	if sc.Pool.MaxActive == 0 || sc.Pool.MaxActive > 3 {
		sc.Pool.TestIdleEvery = 0 // two tests that begin at one instant are in no order
	}
	if sc.Pool.OpenBackoff > 0 {
		sc.Pool.OpenTimeout = 0 // no opening fails
	}
	return sc
}

// TestShellAgreesButForTicks: with an idle timeout of a second or more, the pool's
// instant of a return may be too early by up to a tick. So it may evict a resource that
// much earlier than the simulation does. The figures then agree to a few in a hundred.
func TestShellAgreesButForTicks(t *testing.T) {
	exp := func(d time.Duration) sim.Dist { return sim.Dist{Exponential: sim.D(d)} }
	for seed := range uint64(8) {
		sc := &sim.Scenario{
			Seed: seed + 1, Requests: 3000,
			Pool:     sim.Pool{MaxActive: 8, Wait: true, IdleTimeout: sim.D(2 * time.Second)},
			Workload: sim.Workload{Open: &sim.OpenLoop{Poisson: 3}, Hold: exp(400 * time.Millisecond)},
			World:    sim.World{OpenLatency: exp(20 * time.Millisecond), CloseLatency: exp(time.Millisecond)},
		}
		for _, f := range both(t, sc) {
			if math.Abs(f.real-f.virtual) > 0.05*math.Max(f.real, f.virtual) {
				t.Errorf("seed %d, %s: %v on the pool, %v in the simulation", sc.Seed, f.what, f.real, f.virtual)
			}
		}
	}
}
