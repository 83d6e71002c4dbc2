package check_test

import (
	"context"
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

// The shortest way into a deadlock of two clients that take two leases each, from a pool of two.
func ExampleDeadlock() {
	for _, step := range check.Deadlock(2, 2, 2) {
		fmt.Println(step)
	}
	fmt.Println("with a pool of three:", check.Deadlock(2, 2, 3))
	// Output:
	// a gets slot 1.1
	// b gets slot 2.1
	// a holds [slot 1.1], and waits
	// b holds [slot 2.1], and waits
	// with a pool of three: []
}

// Exhaust tries every order of events in a small model: here of a few events in a row, and no
// order breaks a promise.
func ExampleExhaust() {
	model := check.Models()[0]
	model.Depth = 4
	tried := check.Exhaust(context.Background(), model)
	fmt.Printf("%s, %d events in a row: violation %v\n", model.Name, tried.Depth, tried.Violation)
	// Output:
	// three clients on two places, 4 events in a row: violation <nil>
}
