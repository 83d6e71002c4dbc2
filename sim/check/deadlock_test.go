package check

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/respool/respool/sim"
)

// The smallest pool without a deadlock has clients x (leases - 1) + 1 connections
// (HikariCP, About Pool Sizing): with this size no order of events has a deadlock, and
// with each smaller size some order has one.
func TestFormulaOfHikariCPExhaustively(t *testing.T) {
	for clients := 1; clients <= 4; clients++ {
		for leases := 1; leases <= 3; leases++ {
			enough := clients*(leases-1) + 1
			for size := 1; size <= enough+1; size++ {
				path := Deadlock(clients, leases, size)
				if found := path != nil; found != (size < enough) {
					t.Errorf("%d clients, %d leases each, %d connections: a deadlock: %t; by the formula %d are enough\n%s",
						clients, leases, size, found, enough, strings.Join(path, "\n"))
				}
			}
		}
	}
}

// The search returns the way into a deadlock, and it is the shortest.
func TestDeadlockIsTold(t *testing.T) {
	want := []string{"a gets slot 1.1", "b gets slot 2.1", "a holds [slot 1.1], and waits", "b holds [slot 2.1], and waits"}
	if got := Deadlock(2, 2, 2); !slices.Equal(got, want) {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
}

// A check of a scenario names the deadlock that its requests run into. With one more
// connection there is no deadlock.
func TestCheckNamesADeadlock(t *testing.T) {
	sc := &sim.Scenario{
		Seed: 1, Requests: 50, Pool: sim.Pool{MaxActive: 4, Wait: true},
		Workload: sim.Workload{Closed: &sim.ClosedLoop{Clients: 4}, Hold: sim.Dist{Exponential: sim.D(time.Millisecond)}, Leases: 2, Nested: true},
	}
	var v *Violation
	if err := Check(sc); !errors.As(err, &v) || v.Oracle != "deadlock" || v.Seed != 1 {
		t.Fatalf("%v", err)
	}
	for slot := 1; slot <= 4; slot++ {
		if name := fmt.Sprintf("holds %d.", slot); !strings.Contains(v.Detail, name) {
			t.Errorf("nobody %s in %s", name, v.Detail)
		}
	}
	sc.Pool.MaxActive = 5
	if err := Check(sc); err != nil {
		t.Errorf("%v", err)
	}
	// A deadlock that a timeout ends is one.
	sc.Pool.MaxActive, sc.Pool.WaitTimeout = 4, sim.D(50*time.Millisecond)
	if err := Check(sc); !errors.As(err, &v) || v.Oracle != "deadlock" {
		t.Errorf("%v", err)
	}
}
