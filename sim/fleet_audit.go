package sim

import (
	"fmt"

	"github.com/respool/respool/resource/ledger"
)

// audit checks the books of the fleet and of its server between two events. The oracles
// and the audit of each instance judge the instance alone.
func (f *fleet) audit() error {
	for _, check := range []func() error{f.auditTime, f.auditServer, f.auditRefused, f.auditLive, f.auditGone, f.auditArrivals, f.auditClients} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// auditTime checks that planned events come in their turn, and that time never goes back.
func (f *fleet) auditTime() error {
	if f.now < f.audited {
		return fmt.Errorf("it is %v, and was %v before", f.now, f.audited)
	}
	f.audited = f.now
	return nil
}

// auditServer checks that the server never has more connections than it takes, and that it
// has those of the instances.
func (f *fleet) auditServer() error {
	n, alive := 0, 0
	for _, c := range f.acting.conns.all {
		if c.alive {
			alive++
		}
	}
	if counted := f.acting.conns.alive; alive != counted {
		return fmt.Errorf("%s %d has %d connections that are alive, and counts %d", f.noun, f.acting.address, alive, counted)
	}
	for _, x := range f.all {
		n += x.conns.alive
	}
	had := f.all[0].server.conns
	if n != had {
		return fmt.Errorf("the %ss have %d connections, and the server counts %d", f.noun, n, had)
	}
	if most := f.sc.World.MaxConnections; most > 0 && n > most {
		return fmt.Errorf("the server has %d connections, and takes %d", n, most)
	}
	return nil
}

// auditRefused checks that each failed opening is counted once, with its reason, and that
// the server has refused as many openings as the instances say.
func (f *fleet) auditRefused() error {
	var failed, refused uint64
	for _, n := range f.acting.conns.failures {
		failed += n
	}
	if said := f.acting.ledger.Stats().OpenFailed; failed != said {
		return fmt.Errorf("of %s %d %d openings have failed, and %d have a reason", f.noun, f.acting.address, said, failed)
	}
	for _, x := range f.all {
		refused += x.conns.failures[serverFull]
	}
	if said := f.all[0].server.refused; refused != said {
		return fmt.Errorf("%d openings met a full server, and it has refused %d", refused, said)
	}
	return nil
}

// auditLive checks that the instances that get requests are those that were started and
// not stopped, and that there are at least as many as the scenario demands. Their pools
// have the scenario's limits.
func (f *fleet) auditLive() error {
	live, draining := 0, 0
	for _, x := range f.all {
		if x.live {
			live++
		}
		if x.draining {
			draining++
		}
	}
	if want := f.sc.Fleet.Instances + f.starts - f.stops; live != want || live != f.live || draining != f.draining {
		return fmt.Errorf("%d instances are live and %d are closing; counted are %d and %d, and %d starts and %d stops leave %d",
			live, draining, f.live, f.draining, f.starts, f.stops, want)
	}
	least := 1
	if f.sc.Fleet.Deploy.Every == 0 {
		least = max(f.sc.Fleet.Autoscale.Min, 1)
	}
	if live < least {
		return fmt.Errorf("%d instances are live, and %d are the least", live, least)
	}
	if x := f.acting; x.live {
		if st := x.ledger.Stats(); st.MaxActive != f.maxActive || st.MaxIdle != f.maxIdle {
			return fmt.Errorf("instance %d is live, and has a pool of %d that keeps %d", x.address, st.MaxActive, st.MaxIdle)
		}
	}
	return nil
}

// auditGone checks that an instance that has stopped gets no request, and that it has no
// idle connection when it has served its last one.
func (f *fleet) auditGone() error {
	for i, x := range f.all {
		switch l := x.ledger.Levels(); {
		case x.live:
		case x.engine.calls.begun != x.begun:
			return fmt.Errorf("instance %d has stopped, and has got %d requests since", i, x.engine.calls.begun-x.begun)
		case x.draining && x.requests.underway == 0:
			return fmt.Errorf("instance %d has served its last request, and does not close its connections", i)
		case x.draining:
		case x.requests.underway > 0:
			return fmt.Errorf("instance %d is gone, and has %d requests", i, x.requests.underway)
		case l.Idle > 0 && x.now == f.now && x.ledger.NextDeadline() > f.now:
			return fmt.Errorf("instance %d is gone, and keeps %d connections", i, l.Idle)
		case x.ledger.Stats().MaxIdle > 0:
			return fmt.Errorf("instance %d is gone, and may keep %d connections", i, x.ledger.Stats().MaxIdle)
		}
	}
	return nil
}

// auditArrivals checks that each request that has arrived has begun at one instance.
func (f *fleet) auditArrivals() error {
	var arrived, begun uint64
	for _, x := range f.all {
		arrived += x.source.arrived
		begun += x.engine.calls.begun
	}
	if arrived != begun {
		return fmt.Errorf("%d requests have arrived, and %d have begun", arrived, begun)
	}
	return nil
}

// auditClients checks that each client of a closed loop thinks, or has a request
// somewhere, or makes none any more.
func (f *fleet) auditClients() error {
	loop := f.sc.Workload.Closed
	if loop == nil {
		return nil
	}
	busy := make([]int, len(f.all))
	for _, x := range f.all {
		for _, r := range x.requests.all {
			if r.alive && r.call.outer == nil {
				busy[r.home.address]++
			}
		}
	}
	for i, x := range f.all {
		if n := int(x.source.noted) + busy[i] + x.source.ended; x.arriving && n != loop.Clients {
			return fmt.Errorf("instance %d has %d clients, and should have %d", i, n, loop.Clients)
		}
	}
	return nil
}

// left returns an error if anything is left when all pools are shut and at rest.
func (f *fleet) left() error {
	if err := f.auditServer(); err != nil {
		return err
	}
	s := f.all[0].server
	if s.conns > 0 {
		return fmt.Errorf("all pools are shut, and the server has %d connections", s.conns)
	}
	for i, x := range f.all {
		if n := x.requests.underway; n > 0 {
			return fmt.Errorf("all pools are shut, and %s %d has %d requests", f.noun, i, n)
		}
		if l := x.ledger.Levels(); l != (ledger.Levels{}) {
			return fmt.Errorf("all pools are shut, and %s %d has %+v", f.noun, i, l)
		}
	}
	return nil
}
