package planted_test

// plantedInFleet are faults of a fleet: in what the instances share, and in how they come
// and go.
func plantedInFleet() []planted {
	return []planted{
		{"server does not free a place", "sim/conn.go",
			"		e.server.conns--\n", ""},
		{"server takes one connection too many", "sim/open.go",
			"e.server.conns >= w.MaxConnections", "e.server.conns > w.MaxConnections"},
		{"each instance has the whole server", "sim/open.go",
			"e.server.conns >= w.MaxConnections", "e.conns.alive >= w.MaxConnections"},
		{"refused opening is not counted", "sim/open.go",
			"	if why == serverFull {\n		e.server", "	if why == serverDown {\n		e.server"},
		{"failed opening has no reason", "sim/open.go",
			"	e.conns.failures[why]++\n", ""},
		{"pool of an instance that is gone is not shut", "sim/fleet_plan.go",
			"			f.close(x)\n", ""},
		{"pool is shut too early", "sim/fleet_plan.go",
			"x.draining && x.requests.underway == 0", "x.draining"},
		{"instance never closes after its last request", "sim/fleet_plan.go",
			"x.draining && x.requests.underway == 0", "x.draining && x.requests.underway < 0"},
		{"start counts twice", "sim/fleet_plan.go",
			"	f.starts++\n", "	f.starts += 2\n"},
		{"stop does not count", "sim/fleet_plan.go",
			"	f.stops++\n", ""},
		{"pool that starts again keeps nothing", "sim/fleet_plan.go",
			"x.resize(f.maxActive, f.maxIdle)", "x.resize(f.maxActive, 0)"},
		{"autoscaler stops the last instance", "sim/fleet_plan.go",
			"f.live > max(a.Min, 1)", "f.live >= max(a.Min, 1)"},
		{"deploy stops the last instance", "sim/fleet_plan.go",
			"	if last {\n", "	if last && f.live > 0 {\n"},
		{"instance that is gone gets its own requests", "sim/fleet.go",
			"f.all[home.address].live && ", ""},
		{"instance that closes gets requests of others", "sim/fleet.go",
			"; x.live {", "; x.live || x.draining {"},
		{"requests of an instance that is gone are lost", "sim/source.go",
			"	home := e\n", "	if e.fleet != nil && !e.fleet.all[e.address].live {\n		return\n	}\n	home := e\n"},
		{"client goes over to the instance that serves it", "sim/request.go",
			"	r.home.source.done(r.home, r.client)\n", "	e.source.done(e, r.client)\n"},
		{"visit goes on in another instance", "sim/server.go",
			"		next.of.serve(o.target, next)\n", "		e.serve(o.target, next)\n"},
	}
}
