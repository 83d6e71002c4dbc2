package check

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
	"github.com/respool/respool/sim"
)

func fleetOf(change func(*sim.Scenario)) *sim.Scenario {
	ms := sim.D(time.Millisecond)
	sc := &sim.Scenario{
		Seed: 4, Requests: 200,
		Pool:     sim.Pool{MaxActive: 3, MaxIdle: 2, Wait: true},
		Workload: sim.Workload{Open: &sim.OpenLoop{Poisson: 600}, Hold: sim.Dist{Exponential: 4 * ms}},
		World:    sim.World{OpenLatency: sim.Dist{Constant: ms}, MaxConnections: 8},
		Fleet:    sim.Fleet{Instances: 4, Deploy: sim.Deploy{At: 50 * ms, Every: 50 * ms, Down: 20 * ms}},
	}
	change(sc)
	return sc
}

func TestCheckFleet(t *testing.T) {
	if err := Check(fleetOf(func(*sim.Scenario) {})); err != nil {
		t.Error(err)
	}
	if err := Check(fleetOf(func(sc *sim.Scenario) { sc.Pool.MaxActive = -1 })); err == nil || !strings.HasPrefix(err.Error(), "pool.max_active: ") {
		t.Errorf("of a scenario that is not valid: %v", err)
	}
	// In the search, so that deadlocks are no violations, and with large pools.
	if _, _, err := judge(fleetOf(func(sc *sim.Scenario) { sc.Pool.MaxActive, sc.World.MaxConnections = 40, 100 }), new(Reached)); err != nil {
		t.Error(err)
	}
}

// A request that pauses before its next try when all pools are shut is not forgotten. Here the requests stand in one
// another's way until the pools are shut, and then one of them may try again.
func TestCheckFleetLetsRequestsPause(t *testing.T) {
	sc := fleetOf(func(sc *sim.Scenario) {
		sc.Requests, sc.Fleet.Deploy, sc.World.MaxConnections = 12, sim.Deploy{}, 0
		sc.Workload = sim.Workload{Closed: &sim.ClosedLoop{Clients: 4}, Hold: sim.Dist{Constant: sim.D(time.Millisecond)}, Leases: 3, Nested: true}
		sc.Clients.Retry = sim.Retry{Retries: 1, Backoff: sim.D(5 * time.Millisecond), Budget: 1, Burst: 1}
	})
	deadlock, _, err := judge(sc, new(Reached))
	if deadlock == nil {
		t.Error("the requests do not stand in one another's way")
	}
	if err != nil {
		t.Error(err)
	}
}

// A violation names the instance whose pool it is.
func TestCheckFleetNamesTheInstance(t *testing.T) {
	sc := fleetOf(func(*sim.Scenario) {})
	x := newFleetChecker(sc)
	x.check = func(l *ledger.Ledger) error {
		if x.run.Now() > 0 && x.run.Acting() == 2 && l.Levels().Leased > 1 {
			return errors.New("two are leased")
		}
		return nil
	}
	_, err := x.judge(new(Reached))
	var v *Violation
	if !errors.As(err, &v) || v.Instance != 2 || v.Oracle != "ledger" || v.Detail != "instance 2: two are leased" || v.Seed != 4 || v.At == 0 {
		t.Errorf("got %#v", err)
	}
	// So does a panic.
	n := 0
	sc.Pool.Eviction = policy.EvictionFunc(func(policy.Info) policy.IdleLimit {
		if n++; n > 20 {
			panic("no more")
		}
		return policy.IdleLimit{}
	})
	if err := Check(sc); !errors.As(err, &v) || v.Oracle != "ledger" || !strings.HasSuffix(v.Detail, ": panic: no more") || !strings.HasPrefix(v.Detail, "instance ") || v.Story != "" {
		t.Errorf("got %#v", err)
	}
}

// The events of an instance are a script of their own, which can be replayed.
func TestFleetScript(t *testing.T) {
	for i := range 4 {
		s := fleetScriptOf(fleetOf(func(*sim.Scenario) {}), i)
		resizes := 0
		for _, m := range s.moves {
			if m.Verb == story.Resize {
				resizes++
			}
		}
		p, o := replay(s)
		if o != nil || len(p.moves) < len(s.moves) || len(s.moves) < 400 || resizes < 2 {
			t.Errorf("instance %d: %v; %d moves of %d were played, with %d resizes", i, o, len(p.moves), len(s.moves), resizes)
		}
	}
}

func TestCheckFindsDeadlockInFleet(t *testing.T) {
	err := Check(fleetOf(func(sc *sim.Scenario) { sc.Workload.Leases, sc.Workload.Nested = 2, true }))
	var v *Violation
	if !errors.As(err, &v) || v.Oracle != "deadlock" || !strings.Contains(v.Detail, "instance ") || !strings.Contains(v.Detail, "all places are held") {
		t.Errorf("got %v", err)
	}
}

// A fleet of one is the pool alone, in every scenario of the search.
func TestSwarmOfOneInstance(t *testing.T) {
	report := func(sc *sim.Scenario) string {
		r, err := sim.Run(sc)
		if err != nil {
			t.Fatal(err)
		}
		r.Fleet = nil
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for seed := range uint64(150) {
		sc := Swarm(seed)
		sc.Fleet = sim.Fleet{}
		alone := report(sc)
		sc.Fleet.Instances = 1
		if one := report(sc); one != alone {
			t.Fatalf("seed %d: a fleet of one is\n%s\nalone\n%s", seed, one, alone)
		}
	}
}

func TestTraceInstance(t *testing.T) {
	sc := fleetOf(func(*sim.Scenario) {})
	count := func(trace func(show func(*story.Step) error) (*sim.Report, error)) (resets int) {
		_, err := trace(func(s *story.Step) error {
			if s.Event.Verb == story.Reset {
				resets++
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return resets
	}
	for i := range 4 {
		if n := count(func(show func(*story.Step) error) (*sim.Report, error) { return TraceInstance(sc, i, show) }); n != 1 {
			t.Errorf("instance %d is reset %d times", i, n)
		}
	}
	if n := count(func(show func(*story.Step) error) (*sim.Report, error) { return Trace(sc, show) }); n != 1 {
		t.Errorf("the first instance is reset %d times", n)
	}
	for _, i := range []int{-1, 4} {
		if _, err := TraceInstance(sc, i, nil); err == nil {
			t.Errorf("there is an instance %d", i)
		}
	}
}
