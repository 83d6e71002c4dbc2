package check_test

import (
	"fmt"
	"time"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/check"
)

// Each request takes two connections and keeps the first while it waits for the second.
// With two connections and two clients, each client can end up with one.
func ExampleCheck() {
	sc := &sim.Scenario{
		Seed:     1,
		Requests: 200,
		Pool:     sim.Pool{MaxActive: 2, Wait: true},
		Workload: sim.Workload{
			Closed: &sim.ClosedLoop{Clients: 2},
			Hold:   sim.Dist{Exponential: sim.D(time.Millisecond)},
			Leases: 2,
			Nested: true,
		},
	}
	fmt.Println(check.Check(sc))

	sc.Pool.MaxActive = 3 // the HikariCP formula: clients x (leases - 1) + 1
	fmt.Println(check.Check(sc))
	// Output:
	// sim: seed 1 at 2.245921ms: deadlock: all places are held by requests that wait for another one: request 1 holds 1.1 and waits as request 3, request 2 holds 2.1 and waits as request 4
	// <nil>
}
