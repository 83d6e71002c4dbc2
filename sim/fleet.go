package sim

import (
	"errors"
	"fmt"
)

// Fleet is several instances of a program, each with a pool of its own, on one server. Pool
// and Workload are those of one instance. The world is that of all: MaxConnections and the
// workers are the server's, and a restart of the server is one for each pool.
type Fleet struct {
	// Instances is how many there are. Zero is one pool, and no fleet. The load is the
	// workload times Instances, even while some instances are gone.
	Instances int       `json:"instances,omitempty"`
	Deploy    Deploy    `json:"deploy,omitzero"`
	Autoscale Autoscale `json:"autoscale,omitzero"`
}

// Deploy replaces one instance after another. An instance that is replaced gets no more
// requests; the others get them. When it has served those that it has, its connections
// are closed. After Down it comes back with an empty pool.
type Deploy struct {
	At    Duration `json:"at,omitempty"`    // when the first is replaced
	Every Duration `json:"every,omitempty"` // from one to the next; zero: there is no deploy
	Down  Duration `json:"down,omitempty"`  // how long an instance is gone
}

// Autoscale starts and stops instances by their utilization: the mean of the leases since
// the last look, as a share of MaxActive of the instances that get requests.
type Autoscale struct {
	Every Duration `json:"every,omitempty"` // between two looks; zero: there is no autoscaler
	Min   int      `json:"min,omitempty"`   // never fewer instances; zero: one
	Max   int      `json:"max,omitempty"`   // never more; zero: no more than Instances
	Low   float64  `json:"low,omitempty"`   // below this share the last instance is stopped
	High  float64  `json:"high,omitempty"`  // above it another is started
}

// instanceSeed is the seed of an instance. Scenarios with neighboring seeds have no seed of an
// instance in common.
func instanceSeed(seed uint64, i int) uint64 { return seed + uint64(i)<<32 }

// Instance returns the scenario of one instance alone, numbered from 0. Where the instances
// do not meet at the server, and none is replaced, a fleet is so many runs of these.
func (s *Scenario) Instance(i int) *Scenario {
	one := *s
	one.Seed, one.Fleet = instanceSeed(s.Seed, i), Fleet{}
	return &one
}

// mostInstances keeps a fleet within memory.
const mostInstances = 1000

// validateFleet checks what depends on several fields.
func (s *Scenario) validateFleet() error {
	f := &s.Fleet
	if f.Instances == 0 {
		if f.Deploy != (Deploy{}) {
			return errors.New("fleet.deploy: there are no fleet.instances")
		}
		if f.Autoscale != (Autoscale{}) {
			return errors.New("fleet.autoscale: there are no fleet.instances")
		}
		return nil
	}
	a := &f.Autoscale
	switch {
	case max(f.Instances, a.Max) > mostInstances:
		return fmt.Errorf("fleet.instances: %d is above %d, the most that a fleet has", max(f.Instances, a.Max), mostInstances)
	case f.Deploy.Every == 0 && f.Deploy != (Deploy{}):
		return errors.New("fleet.deploy.every: it is not set, so nothing is replaced")
	case f.Deploy.Every > 0 && f.Instances > 1 && f.Deploy.Down >= f.Deploy.Every*Duration(f.Instances-1):
		return fmt.Errorf("fleet.deploy.down: %v is so long that all instances are gone at once", f.Deploy.Down)
	case f.Deploy.Every > 0 && f.Instances == 1 && f.Deploy.Down > 0:
		return errors.New("fleet.deploy.down: there is one instance, and no other gets its requests")
	case a.Every == 0 && *a != (Autoscale{}):
		return errors.New("fleet.autoscale.every: it is not set, so the autoscaler never looks")
	case a.Every > 0 && s.Pool.MaxActive == 0:
		return errors.New("fleet.autoscale: it goes by the utilization, so it needs pool.max_active")
	case a.Every > 0 && a.High <= a.Low:
		return fmt.Errorf("fleet.autoscale.high: %v is not above low, %v", a.High, a.Low)
	case a.Max > 0 && a.Max < max(a.Min, f.Instances):
		return fmt.Errorf("fleet.autoscale.max: %d is below %d, the instances at the beginning or the least", a.Max, max(a.Min, f.Instances))
	case a.Min > f.Instances:
		return fmt.Errorf("fleet.autoscale.min: %d is above fleet.instances, %d", a.Min, f.Instances)
	}
	return nil
}

// route returns the engine that gets a request of an instance: its own, or in turn those
// that are live. With an autoscaler all requests come in turn, or an instance that it has
// started would get none. A request stays where it was routed to, with its retries and with
// all leases that it takes.
func (f *fleet) route(home *engine) *engine {
	if f.all[home.address].live && f.sc.Fleet.Autoscale.Every == 0 {
		return home
	}
	for range f.all {
		f.turn = (f.turn + 1) % len(f.all)
		if x := f.all[f.turn]; x.live {
			x.arriveAt(f.now)
			return x.engine
		}
	}
	return home // not reached: one is always live
}
