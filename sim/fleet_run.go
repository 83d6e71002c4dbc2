package sim

import "github.com/respool/respool/resource/ledger"

// fleet runs several engines on one server. Of the events of all the first is handled
// first, and of two at the same instant that of the instance with the lower number.
type fleet struct {
	sc     *Scenario
	noun   string // what each of all is: "instance", or "key"
	all    []*instance
	acting *instance // whose event is handled
	now    Instant
	err    error // an observer's

	// Instances that come and go.
	turn     int // of the instances that get the requests of one that is gone
	plan     []planned
	live     int
	draining int
	starts   int
	stops    int
	leased   float64 // leases, weighted by time, since the autoscaler's last look
	looked   Instant

	maxActive, maxIdle int // of each pool

	measured fleetMeasure
	watch    func(instance int) error // after each event; may be nil
	audited  Instant                  // when the books were checked last
}

// instance is an engine of a fleet.
type instance struct {
	*engine
	live     bool   // gets requests
	draining bool   // is to close its connections when it has served its requests
	begun    uint64 // requests, until it stopped
}

func newFleet(sc *Scenario) *fleet {
	f := &fleet{sc: sc, noun: "instance", live: sc.Fleet.Instances}
	f.measured.begin(sc)
	shared := new(server)
	for i := range max(sc.Fleet.Instances, sc.Fleet.Autoscale.Max) {
		e := newEngine(sc.Instance(i))
		e.server, e.fleet, e.address = shared, f, i
		f.all = append(f.all, &instance{engine: e, live: i < sc.Fleet.Instances})
	}
	f.acting = f.all[0]
	st := f.all[0].ledger.Stats()
	f.maxActive, f.maxIdle = st.MaxActive, st.MaxIdle
	f.planDeploy()
	f.planLook(0)
	return f
}

// run runs until no instance has anything to do.
func (f *fleet) run() error {
	f.begin()
	for f.err == nil {
		x, over := f.next()
		if over {
			break
		}
		if f.isPlanned(x) {
			f.followPlan()
		} else if err := f.step(x); err != nil {
			return err
		}
	}
	return f.ended()
}

func (f *fleet) begin() {
	for _, x := range f.all {
		f.acting = x
		x.silent = !x.live
		x.schedule()
		x.after()
		if !x.live {
			f.close(x)
		}
		f.account()
	}
}

// next returns the instance with the first event. It reports true if there is no event, or
// if no event can change a request's state any more. An instance may have nothing to do for
// its own requests, and still be what another one waits for: the server serves its visits,
// and has its connections.
func (f *fleet) next() (first *instance, over bool) {
	over = true
	var at Instant // of its event
	for _, x := range f.all {
		over = over && x.over()
		if o := x.queue.first(); o != nil && (first == nil || o.at < at) {
			first, at = x, o.at
		}
	}
	return first, over || first == nil
}

// step handles an instance's next event.
func (f *fleet) step(x *instance) error {
	o, _ := x.queue.next()
	f.pass(o.at)
	f.acting = x
	counted := x.measure.counting
	if err := x.step(o); err != nil {
		return err
	}
	if !counted && x.measure.counting {
		f.measured.startCounting(f.now)
	}
	f.changed()
	return nil
}

// pass goes on to an instant before which nothing changes.
func (f *fleet) pass(to Instant) {
	f.measured.pass(f.live, to)
	f.leased += float64(float64(f.measured.levels.Leased) * float64(to-f.now))
	f.now = to
}

// changed ends an event of the fleet.
func (f *fleet) changed() {
	f.closeDrained()
	f.account()
	if f.watch != nil && f.err == nil {
		f.err = f.watch(f.acting.address)
	}
}

// account brings the levels of all up to date: an event can change several instances.
func (f *fleet) account() {
	var sum ledger.Levels
	for _, x := range f.all {
		l := x.ledger.Levels()
		sum.Active += l.Active
		sum.Idle += l.Idle
		sum.Leased += l.Leased
		sum.Waiting += l.Waiting
	}
	f.measured.account(sum, f.all[0].server.conns)
}

// ended returns why the run has failed, if it has.
func (f *fleet) ended() error {
	if f.err != nil {
		return f.err
	}
	for _, x := range f.all {
		x.arriveAt(f.now)
		if x.err != nil {
			return x.err
		}
	}
	if !f.measured.counting {
		return f.all[0].ended()
	}
	return nil
}

// instances returns all engines on the server.
func (e *engine) instances() []*engine {
	if e.fleet == nil {
		return []*engine{e}
	}
	var all []*engine
	for _, x := range e.fleet.all {
		all = append(all, x.engine)
	}
	return all
}
