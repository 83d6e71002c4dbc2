package sim

import (
	"fmt"
	"math"
	"slices"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/sim/internal/observe"
)

// fleet runs several engines on one server. Of the events of all the first is handled
// first, and of two at the same instant that of the instance with the lower number.
type fleet struct {
	sc        *Scenario
	all       []*instance
	turn      int // of the instances that get the requests of one that is gone
	plan      []planned
	now       Instant
	server    int // the most connections that it has had
	starts    int
	stops     int
	levels    ledger.Levels // of all
	live      int
	sum       measure // of all; without what each instance has counted, which is added at the end
	peak      Peaks
	watch     func() error // after each event; may be nil
	liveTime  float64      // weighted by time, since counting began
	leased    float64      // the same, of leases, since the autoscaler's last look
	looked    Instant
	maxActive int
	maxIdle   int
}

// instance is an engine of a fleet.
type instance struct {
	*engine
	live     bool // gets requests
	draining bool // is to close its connections when it has served its requests
}

// planned is something that happens to the fleet.
type planned struct {
	at     Instant
	do     func(f *fleet, i int)
	target int
}

func newFleet(sc *Scenario) *fleet {
	f := &fleet{sc: sc}
	f.sum.begin(sc)
	shared := new(server)
	for i := range max(sc.Fleet.Instances, sc.Fleet.Autoscale.Max) {
		e := newEngine(sc.instance(i))
		e.server, e.fleet, e.address = shared, f, i
		f.all = append(f.all, &instance{engine: e, live: i < sc.Fleet.Instances})
	}
	st := f.all[0].ledger.Stats()
	f.maxActive, f.maxIdle, f.live = st.MaxActive, st.MaxIdle, sc.Fleet.Instances
	if d := sc.Fleet.Deploy; d.Every > 0 {
		for i := range sc.Fleet.Instances {
			at := Instant(d.At) + Instant(i)*Instant(d.Every)
			f.plan = append(f.plan, planned{at, (*fleet).stop, i}, planned{at + Instant(d.Down), (*fleet).start, i})
		}
	}
	slices.SortStableFunc(f.plan, func(a, b planned) int { return int(min(max(a.at-b.at, -1), 1)) })
	f.planLook(0)
	return f
}

// planLook plans the autoscaler's next look.
func (f *fleet) planLook(now Instant) {
	every := f.sc.Fleet.Autoscale.Every
	if every == 0 {
		return
	}
	at := now + Instant(every)
	i := 0
	for i < len(f.plan) && f.plan[i].at <= at {
		i++
	}
	f.plan = slices.Insert(f.plan, i, planned{at, (*fleet).look, 0})
}

// run runs until no instance has anything to do.
func (f *fleet) run() error {
	for _, x := range f.all {
		x.silent = !x.live
		x.schedule()
		x.after()
		if !x.live {
			x.closeAll(f)
		}
		f.add(x.ledger.Levels(), ledger.Levels{})
	}
	for {
		x := f.next()
		if len(f.plan) > 0 && f.coming() && (x == nil || f.plan[0].at <= x.queue.heap[0].at) {
			p := f.plan[0]
			f.plan = f.plan[1:]
			f.pass(p.at)
			p.do(f, p.target)
			continue
		}
		if x == nil {
			break
		}
		if err := f.step(x); err != nil {
			return err
		}
	}
	for _, x := range f.all {
		if err := x.ended(); err != nil && (x.err != nil || x.live) {
			return err
		}
	}
	return nil
}

// next returns the instance with the first event, of those that have something to do.
func (f *fleet) next() (first *instance) {
	for _, x := range f.all {
		if len(x.queue.heap) == 0 || x.over() {
			continue
		}
		if first == nil || x.queue.heap[0].at < first.queue.heap[0].at {
			first = x
		}
	}
	return first
}

// coming reports whether requests are to come, so that a plan makes a difference.
func (f *fleet) coming() bool {
	return slices.ContainsFunc(f.all, func(x *instance) bool { return x.source.coming(x.engine) })
}

// step handles an instance's next event.
func (f *fleet) step(x *instance) error {
	o, _ := x.queue.next()
	f.pass(o.at)
	counted := f.sum.counting
	if err := x.step(o); err != nil {
		return err
	}
	if !counted && x.measure.counting {
		f.startCounting()
	}
	if x.draining && x.requests.underway == 0 {
		x.draining = false
		x.closeAll(f)
	}
	f.account()
	if f.watch != nil && x.err == nil {
		return f.watch()
	}
	return x.err
}

// pass accounts for the time until an instant.
func (f *fleet) pass(to Instant) {
	if f.sum.counting && to > f.sum.last {
		f.sum.timeline.opening = f.sum.openings.now
		f.sum.timeline.add(f.levels, f.sum.last-f.sum.began, to-f.sum.began)
		f.liveTime += float64(float64(f.live) * float64(to-f.sum.last))
		f.sum.last = to
	}
	f.leased += float64(float64(f.levels.Leased) * float64(to-f.now))
	f.now = to
}

func (f *fleet) startCounting() {
	f.sum.counting, f.sum.began, f.sum.last = true, f.now, f.now
	f.sum.timeline.begin()
	f.sum.openings.most = 0
}

func (f *fleet) add(now, was ledger.Levels) {
	l := &f.levels
	l.Active += now.Active - was.Active
	l.Idle += now.Idle - was.Idle
	l.Leased += now.Leased - was.Leased
	l.Waiting += now.Waiting - was.Waiting
	f.peak.Active, f.peak.Idle = max(f.peak.Active, l.Active), max(f.peak.Idle, l.Idle)
	f.peak.Leased, f.peak.Waiting = max(f.peak.Leased, l.Leased), max(f.peak.Waiting, l.Waiting)
}

// account brings the levels of all up to date: an event can change several instances.
func (f *fleet) account() {
	var sum ledger.Levels
	conns := 0
	for _, x := range f.all {
		l := x.ledger.Levels()
		sum.Active += l.Active
		sum.Idle += l.Idle
		sum.Leased += l.Leased
		sum.Waiting += l.Waiting
		conns += x.conns.server
	}
	f.add(sum, f.levels)
	f.server = max(f.server, conns)
}

// route returns the engine that gets a request of an instance: its own, or in turn those
// that are live. With an autoscaler all requests come in turn, or an instance that it has
// started would get none.
func (f *fleet) route(from *engine) *engine {
	if f.all[from.address].live && f.sc.Fleet.Autoscale.Every == 0 {
		return from
	}
	for range f.all {
		f.turn = (f.turn + 1) % len(f.all)
		if x := f.all[f.turn]; x.live {
			f.wake(x)
			return x.engine
		}
	}
	return from // none is live: its own pool opens again
}

// wake brings an instance that had nothing to do up to the present.
func (f *fleet) wake(x *instance) {
	for len(x.queue.heap) > 0 && x.queue.heap[0].at < f.now {
		o, _ := x.queue.next()
		if err := x.step(o); err != nil {
			x.err = err
			return
		}
	}
	x.arriveAt(f.now)
}

// stop has an instance get no more requests.
func (f *fleet) stop(i int) {
	x := f.all[i]
	if !x.live {
		return
	}
	f.wake(x)
	x.live = false
	f.live--
	f.stops++
	if x.draining = x.requests.underway > 0; !x.draining {
		x.closeAll(f)
	}
	f.account()
}

// closeAll closes the connections of an instance that is gone, and keeps none.
func (x *instance) closeAll(f *fleet) {
	x.ledger.Reset(x.now)
	x.seen("reset", nil, observe.Event{})
	x.after()
	x.resize(f.maxActive, 0)
}

func (x *instance) resize(maxActive, maxIdle int) {
	x.ledger.Resize(x.now, maxActive, maxIdle)
	x.seen("resize", nil, observe.Event{})
	x.after()
}

// start has an instance come back, with an empty pool.
func (f *fleet) start(i int) {
	x := f.all[i]
	if x.live {
		return
	}
	f.wake(x)
	if x.draining {
		x.draining = false
		x.closeAll(f)
	}
	x.live = true
	f.live++
	f.starts++
	x.resize(f.maxActive, f.maxIdle)
	f.account()
}

// look is the autoscaler's: it starts an instance, or stops one, or none.
func (f *fleet) look(int) {
	a := &f.sc.Fleet.Autoscale
	span := float64(f.now - f.looked)
	use := f.leased / span / float64(f.live*f.sc.Pool.MaxActive)
	f.leased, f.looked = 0, f.now
	switch {
	case use > a.High && f.live < max(a.Max, f.sc.Fleet.Instances):
		f.start(slices.IndexFunc(f.all, func(x *instance) bool { return !x.live }))
	case use < a.Low && f.live > max(a.Min, 1):
		last := len(f.all) - 1
		for !f.all[last].live {
			last--
		}
		f.stop(last)
	}
	f.planLook(f.now)
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

// serverConns returns how many connections the server has.
func (e *engine) serverConns() int {
	if e.fleet == nil {
		return e.conns.server
	}
	n := 0
	for _, x := range e.fleet.all {
		n += x.conns.server
	}
	return n
}

// audit checks the books of a fleet: the server never has more connections than it takes,
// an instance that is gone gets no requests, and one that has closed its connections has
// none.
func (f *fleet) audit() error {
	n := 0
	for i, x := range f.all {
		n += x.conns.server
		if gone := !x.live && !x.draining; gone && x.requests.underway > 0 && f.live > 0 {
			return fmt.Errorf("instance %d is gone, and has %d requests", i, x.requests.underway)
		}
		if gone := !x.live && !x.draining; gone && x.ledger.Levels().Idle > 0 && x.now == f.now && x.ledger.NextDeadline() > f.now {
			return fmt.Errorf("instance %d is gone, and keeps %d connections", i, x.ledger.Levels().Idle)
		}
	}
	if most := f.sc.World.MaxConnections; most > 0 && n > most {
		return fmt.Errorf("the server has %d connections, and takes %d", n, most)
	}
	return nil
}

// report returns the report of all instances together.
func (f *fleet) report() *Report {
	m := &f.sum
	closes := map[string]uint64{}
	out := &FleetReport{Instances: len(f.all), Connections: f.server, Starts: f.starts, Stops: f.stops}
	last := f.all[0].engine
	var events uint64
	for i, x := range f.all {
		one := x.report()
		m.merge(&x.measure)
		events += one.Events
		for why, n := range one.Closes {
			closes[why] += n
		}
		if x.now > last.now {
			last = x.engine
		}
		out.Each = append(out.Each, InstanceReport{
			Instance: i, Seed: x.sc.Seed, Requests: one.Requests, Granted: one.Outcomes.Granted, RefusedFraction: one.RefusedFraction,
			WaitMean: one.Wait.Mean, WaitP99: one.Wait.P99, WaitMax: one.Wait.Max, PeakWaiting: one.Peak.Waiting, PeakActive: one.Peak.Active,
			Opens: one.Opens, OpensFailed: one.OpensFailed, MostOpens: one.MostOpens,
		})
	}
	for i, x := range out.Each {
		w := &out.Each[out.Worst]
		if x.WaitP99 > w.WaitP99 || x.WaitP99 == w.WaitP99 && x.RefusedFraction > w.RefusedFraction {
			out.Worst = i
		}
	}
	r := m.report(f.sc)
	r.Closes, r.Events, r.Fleet = closes, events, out
	r.Peak = f.peak
	r.Peak.Opening = m.openings.peak
	if span := float64(f.now - m.began); span > 0 {
		out.MeanLive = f.liveTime / span
	}
	if most := f.sc.Pool.MaxActive; most > 0 && out.MeanLive > 0 {
		r.Utilization = math.Min(r.Mean.Leased/float64(most)/out.MeanLive, 1)
	}
	r.OfferedLoad = float64(r.OfferedLoad * float64(f.sc.Fleet.Instances))
	r.Server = last.server.report(last)
	r.Timeline = m.timeline.report(false)
	return r
}

// merge adds what an instance has counted. The levels of the timeline, and the openings at
// a time, are those of all already.
func (m *measure) merge(o *measure) {
	m.requests += o.requests
	m.waited += o.waited
	m.opens += o.opens
	m.failed += o.failed
	m.outcomes.add(&o.outcomes)
	m.uses.add(&o.uses)
	m.wait.Merge(&o.wait)
	m.urgent.Merge(&o.urgent)
	m.acquire.Merge(&o.acquire)
	m.open.Merge(&o.open)
	m.total.Merge(&o.total)
	part := o.timeline.copy()
	for part.width < m.timeline.width {
		part.halve()
	}
	for len(m.timeline.all) < len(part.all) {
		m.timeline.all = append(m.timeline.all, levels{})
		m.timeline.peaks = append(m.timeline.peaks, 0)
		m.timeline.decided = append(m.timeline.decided, decided{})
		m.timeline.changes = append(m.timeline.changes, changes{})
	}
	for i := range part.all {
		m.timeline.decided[i].join(&part.decided[i])
		opening := m.timeline.changes[i].opening
		m.timeline.changes[i].join(&part.changes[i])
		m.timeline.changes[i].opening = opening
	}
}

func (o *Outcomes) add(p *Outcomes) {
	o.Granted += p.Granted
	o.Exhausted += p.Exhausted
	o.QueueFull += p.QueueFull
	o.TimedOut += p.TimedOut
	o.GaveUp += p.GaveUp
	o.OpenFailed += p.OpenFailed
	o.Stuck += p.Stuck
}

func (u *Uses) add(p *Uses) {
	u.Released += p.Released
	u.Discarded += p.Discarded
	u.Panicked += p.Panicked
	u.Broken += p.Broken
	u.Leaked += p.Leaked
	u.TimedOut += p.TimedOut
	u.Held += p.Held
}

// copy returns a timeline that can be changed apart from this one.
func (t *timeline) copy() *timeline {
	c := *t
	c.all, c.peaks, c.changes = slices.Clone(t.all), slices.Clone(t.peaks), slices.Clone(t.changes)
	c.decided = slices.Clone(t.decided)
	for i := range c.decided {
		c.decided[i].waits = slices.Clone(c.decided[i].waits)
	}
	return &c
}

// observeFleet runs a fleet.
func observeFleet(sc *Scenario) (*Report, error) {
	f := newFleet(sc)
	if err := f.run(); err != nil {
		return nil, err
	}
	for _, x := range f.all {
		x.countStuck()
	}
	return f.report(), nil
}
