package check

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/observe"
	"github.com/respool/respool/sim/internal/setting"
)

func keysOf(change func(*sim.Scenario)) *sim.Scenario {
	ms := sim.D(time.Millisecond)
	sc := &sim.Scenario{
		Seed: 4, Requests: 300,
		Pool:     sim.Pool{MaxActive: 3, MaxIdle: 2, Wait: true},
		Workload: sim.Workload{Closed: &sim.ClosedLoop{Clients: 12, Think: sim.Dist{Exponential: ms}}, Hold: sim.Dist{Exponential: 4 * ms}},
		World:    sim.World{OpenLatency: sim.Dist{Constant: ms}, CloseLatency: sim.Dist{Constant: ms}},
		Keys:     sim.Keys{Count: 5, Skew: 1, MaxActive: 6},
	}
	change(sc)
	return sc
}

func TestCheckKeys(t *testing.T) {
	if err := Check(keysOf(func(*sim.Scenario) {})); err != nil {
		t.Error(err)
	}
	if err := Check(keysOf(func(sc *sim.Scenario) { sc.Pool.MaxActive = -1 })); err == nil || !strings.HasPrefix(err.Error(), "pool.max_active: ") {
		t.Errorf("of a scenario that is not valid: %v", err)
	}
	if _, err := Trace(keysOf(func(*sim.Scenario) {}), nil); err != ErrNoStory {
		t.Errorf("a trace: %v", err)
	}
	if _, err := StoryPool(keysOf(func(*sim.Scenario) {})); err != ErrNoStory {
		t.Errorf("a story's pool: %v", err)
	}
}

// A run in which the ledgers check themselves now and then is repeated, to find the event
// after which the state is wrong.
func TestCheckKeysGoesBack(t *testing.T) {
	sc := keysOf(func(*sim.Scenario) {})
	wrong := func(run observe.KeysRun) error {
		if run.Events() > 700 {
			return errors.New("too many events")
		}
		return nil
	}
	x := &keysChecker{sc: sc, check: wrong, due: 1 << 30}
	if _, err := x.judge(); err != nil || !x.passed {
		t.Errorf("without a check: %v", err)
	}
	exact := &keysChecker{sc: sc, check: wrong, exact: true}
	n, err := exact.judge()
	var v *Violation
	if !errors.As(err, &v) || v.Oracle != "ledger" || v.Detail != "too many events" || v.Seed != 4 || n < 701 || n > 710 {
		t.Errorf("after %d events: %#v", n, err)
	}
}

func TestSwarmKeys(t *testing.T) {
	drawn := map[string]bool{}
	for seed := range uint64(200) {
		sc := SwarmKeys(seed)
		if err := sc.Validate(); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
		for _, s := range setting.All() {
			_, _ = s.Each(sc, func(v reflect.Value) error {
				drawn[s.Path] = drawn[s.Path] || !v.IsZero()
				return nil
			})
		}
	}
	for _, s := range setting.All() {
		if strings.HasPrefix(s.Path, "keys.") && !drawn[s.Path] {
			t.Errorf("no scenario of the search has %s", s.Path)
		}
	}
}

func TestSearchKeys(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		if n, err := watchKeys(SwarmKeys(seed)); err != nil || n == 0 {
			t.Fatalf("seed %d: %d events, %v", seed, n, err)
		}
	}
}
