//go:build !js

package main

import (
	"bytes"
	"fmt"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/figures"
)

// hasFaults reports whether the server loses or refuses connections.
func (v *validation) hasFaults() bool {
	w := &v.scenario.World
	return len(w.Restarts)+len(w.Outages) > 0 || w.MaxConnections > 0 || !w.Life.IsZero() || w.IdleTimeout > 0 || w.OpenFailure > 0
}

// writeOpens compares how many connections were opened, and when, if the instances or the
// server come and go.
func (v *validation) writeOpens(b *bytes.Buffer, width int) {
	if v.virtual.Fleet == nil && v.virtual.Keys == nil && !v.hasFaults() {
		return
	}
	row := func(name string, virtual, real uint64) {
		fmt.Fprintf(b, "%-9s %10s %10s\n", name, figures.Count(virtual), figures.Count(real))
	}
	row("opens", v.virtual.Opens, v.real.Opens)
	row("not open", v.virtual.OpensFailed, v.real.Failed)
	if f := v.virtual.Fleet; f != nil && v.hasFaults() {
		row("turned", f.Refused, v.real.TurnedAway)
		row("most open", uint64(f.Connections), uint64(v.real.Connections))
	}
	n := min(len(v.real.Opened), len(v.virtual.Timeline.Opens))
	step := v.virtual.Timeline.Step
	virtual, real := perSecond(v.virtual.Timeline.Opens[:n], step), perSecond(v.real.Opened[:n], step)
	top := max(largest(virtual), largest(real))
	writeArea(b, "virtual", virtual, top, width-chartLeft)
	writeArea(b, "real", real, top, width-chartLeft)
	fmt.Fprintf(b, "%15s └ opens a second, over time\n", "")
}

// mostInstancesShown keeps the table of instances, or of keys, on a screen.
const mostInstancesShown = 12

// pools returns what one of the pools is, and the figures of each in the virtual run. It returns
// none if there is one pool.
func (v *validation) pools() (what string, all []sim.InstanceReport) {
	if f := v.virtual.Fleet; f != nil {
		return "instance", f.Each
	}
	if k := v.virtual.Keys; k != nil {
		for _, x := range k.Each {
			all = append(all, sim.InstanceReport{Granted: x.Granted, Opens: x.Opens, WaitP99: x.WaitP99})
		}
	}
	return "key", all
}

// writeInstances compares the instances of a fleet, or the keys.
func (v *validation) writeInstances(b *bytes.Buffer) {
	what, all := v.pools()
	if len(all) == 0 {
		return
	}
	const columns = "%-9s %10s %10s │ %10s %10s │ %10s %10s\n"
	fmt.Fprintf(b, "\n"+columns, "", "granted", "", "opens", "", "wait p99", "")
	fmt.Fprintf(b, columns, what, "virtual", "real", "virtual", "real", "virtual", "real")
	for i, x := range all {
		if i == mostInstancesShown {
			fmt.Fprintf(b, "and %d more; -format json has all\n", len(all)-i)
			break
		}
		r := &v.real.Each[i]
		fmt.Fprintf(b, columns, fmt.Sprint(i), figures.Count(x.Granted), figures.Count(r.Granted), figures.Count(x.Opens), figures.Count(r.Opens),
			figures.Seconds(x.WaitP99), figures.Seconds(r.Acquire.Quantile(0.99).Seconds()))
	}
}

// fleetJSON is the instances and the server's connections in both runs. Times are in
// seconds.
type fleetJSON struct {
	Opens       map[string]uint64 `json:"opens"`
	OpensFailed map[string]uint64 `json:"opens_failed"`
	Refused     map[string]uint64 `json:"refused"`     // openings, at the server's maximum of connections
	Connections map[string]uint64 `json:"connections"` // the most that the server has had; real: 0 unless it can lose or refuse any
	Each        []instanceJSON    `json:"each"`
}

type instanceJSON struct {
	Granted map[string]uint64  `json:"granted"`
	Opens   map[string]uint64  `json:"opens"`
	WaitP99 map[string]float64 `json:"wait_p99"`
}

func (v *validation) fleetJSON() *fleetJSON {
	f := v.virtual.Fleet
	if f == nil {
		return nil
	}
	out := &fleetJSON{
		Opens:       both(v.virtual.Opens, v.real.Opens),
		OpensFailed: both(v.virtual.OpensFailed, v.real.Failed),
		Refused:     both(f.Refused, v.real.TurnedAway),
		Connections: both(uint64(f.Connections), uint64(v.real.Connections)),
	}
	out.Each = v.eachJSON()
	return out
}

// eachJSON has each instance, or each key.
func (v *validation) eachJSON() (out []instanceJSON) {
	_, all := v.pools()
	for i, x := range all {
		r := &v.real.Each[i]
		out = append(out, instanceJSON{both(x.Granted, r.Granted), both(x.Opens, r.Opens),
			both(x.WaitP99, r.Acquire.Quantile(0.99).Seconds())})
	}
	return out
}

func both[T any](virtual, real T) map[string]T { return map[string]T{"virtual": virtual, "real": real} }
