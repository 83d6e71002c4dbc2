package sim

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
