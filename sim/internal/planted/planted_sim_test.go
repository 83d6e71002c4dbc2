package planted_test

import (
	"slices"
	"strings"
	"testing"
)

// plantedInSimulation are faults of the simulation itself, in what the ledger knows
// nothing of: the server's queue, timeouts, retries and deadlocks. Its own audit finds them.
func plantedInSimulation() []planted {
	return []planted{
		{"worker rests though visits wait", "sim/server.go",
			"	if s.queued() > 0 {\n		next", "	if s.queued() > 1 {\n		next"},
		{"last visit is served first", "sim/server.go",
			"		next := s.queue[s.head]\n		s.queue[s.head] = visit{}\n		if s.head++; s.head == len(s.queue) {\n			s.queue, s.head = s.queue[:0], 0\n		}\n",
			"		next := s.queue[len(s.queue)-1]\n		s.queue = s.queue[:len(s.queue)-1]\n"},
		{"one worker too many", "sim/server.go",
			"i < e.sc.World.Server.Workers", "i <= e.sc.World.Server.Workers"},
		{"restart forgets who waits at the server", "sim/server.go",
			"	lost = append(lost, s.queue[s.head:]...)\n", ""},
		{"visit of before goes on for the next", "sim/calls.go",
			"	r.gen++ // events of the request that failed are void\n", ""},
		{"timeout forgets who is at the server", "sim/calls.go",
			"	case r.visiting:\n		r.end = late\n		e.visited(r)\n", ""},
		{"timeout forgets who waits", "sim/calls.go",
			"	case r.queued || r.opening:\n", "	case r.opening:\n"},
		{"timeout forgets who closes", "sim/calls.go",
			"	case r.closes > 0:\n		e.leavesClose(r)\n", ""},
		{"one retry too many", "sim/calls.go",
			"if r.call.tries >= t.Retries {", "if r.call.tries > t.Retries {"},
		{"retry takes no token", "sim/calls.go",
			"		b.tokens--\n", ""},
		{"bucket has no bottom", "sim/calls.go",
			"min(b.burst, b.tokens+e.sc.Clients.Retry.Budget)", "b.tokens + 1"},
		{"deadlock of all but one", "sim/deadlock.go",
			"d.held == 0 || d.held+d.leaked < most", "d.held == 0 || d.held+d.leaked < most-1"},
		{"inner requests count once", "sim/deadlock.go",
			"	d.held += r.call.depth\n", "	d.held++\n"},
		{"leak is no part of a deadlock", "sim/deadlock.go",
			"	d.leaked++\n", ""},
		{"deadlock has no end", "sim/deadlock.go",
			"d.under && (d.held == 0", "d.under && d.found.Count < 0 && (d.held == 0"},
	}
}

// TestPlantedInSimulation has the search find each fault of the simulation. These have no
// story: a story is of the ledger.
func TestPlantedInSimulation(t *testing.T) {
	faults := number(t, slices.Concat(plantedInFleet(), plantedInSimulation()), everyFault())
	if testing.Short() || raceDetector {
		faults = faults[:3]
	}
	program := buildPlanted(t)
	if v := hunt(t, program, noFault, 100); v != nil {
		t.Fatalf("without any fault: %v", v)
	}
	for _, f := range faults {
		t.Run(strings.ReplaceAll(f.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			v := hunt(t, program, f.number, plantedSeeds)
			if v == nil {
				t.Fatalf("not found in %d seeds", plantedSeeds)
			}
			t.Log(v)
		})
	}
}
