package main

import (
	"testing"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/setting"
)

// TestChooseSourceOfAnyClosedField sets a field of a closed loop that has no code of its own.
func TestChooseSourceOfAnyClosedField(t *testing.T) {
	field := &setting.Setting{Path: "workload.closed.new"}
	open := &sim.Scenario{Workload: sim.Workload{Open: new(sim.OpenLoop)}}
	if err := chooseSource(open, field); err == nil {
		t.Error("an open loop has got a field of a closed one")
	}
	before := &sim.ClosedLoop{Clients: 3}
	closed := &sim.Scenario{Workload: sim.Workload{Closed: before}}
	if err := chooseSource(closed, field); err != nil {
		t.Fatal(err)
	}
	if now := closed.Workload.Closed; now == before || now == nil || now.Clients != 3 {
		t.Errorf("the closed loop is %p %v, must be a copy of %p %v", now, now, before, before)
	}
}
