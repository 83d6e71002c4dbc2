package live

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/setting"
)

// Every setting of a simulated pool reaches the real one: as a value of its configuration
// or of its borrow test. Whether requests wait decides which method they call.
func TestEverySettingReachesTheRealPool(t *testing.T) {
	for _, s := range setting.All() {
		if s.Path != "seed" && !strings.HasPrefix(s.Path, "pool.") || s.Path == "pool.wait" {
			continue
		}
		// Some settings mean something only beside these.
		sc := &sim.Scenario{Pool: sim.Pool{MaxAge: 9, IdleTimeout: 9}}
		before := real(sc)
		switch v := s.Of(sc); v.Kind() {
		case reflect.Pointer:
			v.Set(reflect.New(v.Type().Elem()))
		case reflect.String:
			v.SetString("fifo")
		case reflect.Bool:
			v.SetBool(true)
		case reflect.Uint64:
			v.SetUint(3)
		default:
			v.SetInt(3)
		}
		if reflect.DeepEqual(real(sc), before) {
			t.Errorf("%s does not reach the real pool", s.Path)
		}
	}
}

// The real pool plays a field of the scenario, or [Supported] refuses it: none is ignored without a word.
func TestEveryFieldIsPlayedOrRefused(t *testing.T) {
	known := []string{
		"name", "seed", "requests", "duration", "warm_up", "pool", // see also TestEverySettingReachesTheRealPool
		"workload.open", "workload.closed.clients", "workload.closed.think", "workload.hold", "workload.patience", "workload.timeout",
		"workload.leases", "workload.nested", "clients",
		"workload.background", "workload.urgent", "fleet", "keys", "world.open_latency", "world.close_latency", "world.test_latency",
		"world.max_connections", "world.idle_timeout", "world.restarts", "world.outages", "world.slow", "world.stalls",
		"world.server.workers", "world.server.service", "world.server.contention",
	}
	for _, redis := range []bool{false, true} {
		for _, f := range unplayedFields(&sim.Scenario{}, redis) {
			known = append(known, f.path)
		}
	}
	for _, s := range setting.All() {
		if !slices.ContainsFunc(known, func(path string) bool {
			rest, ok := strings.CutPrefix(s.Path, path)
			return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
		}) {
			t.Errorf("%s is ignored: play it and name it in this test, or add it to unplayedFields", s.Path)
		}
	}
}

// The conditions of a test reach the real pool as one gate.
func TestTestOfTheRealPool(t *testing.T) {
	sc := &sim.Scenario{Pool: sim.Pool{Test: &sim.Test{IfIdleFor: 2, AtMostEvery: 5}}}
	ran := 0
	checks := borrowTest(sc, func(context.Context, *conn) error { ran++; return nil }).Checks()
	if len(checks) != 1 {
		t.Fatalf("%d checks, want 1", len(checks))
	}
	if from := checks[0].Gate.From(policy.Info{Returned: 10, Tested: 10}); from != 15 {
		t.Errorf("due from %d on, want 15", from)
	}
	if err := checks[0].Run(t.Context(), nil, time.Time{}); err != nil || ran != 1 {
		t.Errorf("error %v, ran %d times", err, ran)
	}
}

// real is what can be compared of the real pool.
func real(sc *sim.Scenario) (all struct {
	config resource.Config[*conn]
	gates  []policy.Gate
}) {
	all.config = config(sc)
	for _, c := range borrowTest(sc, func(context.Context, *conn) error { return nil }).Checks() {
		all.gates = append(all.gates, c.Gate)
	}
	return all
}
