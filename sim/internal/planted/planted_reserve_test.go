package planted_test

func plantedInReserve() []planted {
	return []planted{
		{"the reserve is one too small", "reserve.go",
			"l.inUse() >= l.maxActive-l.cfg.Reserve", "l.inUse() > l.maxActive-l.cfg.Reserve"},
		{"the reserve is one too large", "reserve.go",
			"l.inUse() >= l.maxActive-l.cfg.Reserve", "l.inUse() >= l.maxActive-l.cfg.Reserve-1"},
		{"closing slots do not count against the reserve", "reserve.go",
			"l.inUse() >= l.maxActive-l.cfg.Reserve", "l.inUse()-int(l.tally[Closing]) >= l.maxActive-l.cfg.Reserve"},
		{"slots under test count against the reserve", "reserve.go",
			" - len(l.idleTests.under)", ""},
		{"the background goes before waiters", "reserve.go",
			"	case l.queue.n > 0 || l.inUse()", "	case l.inUse()"},
		{"the background is served after shut", "reserve.go",
			"	case l.shut:\n		return l.refuse(Shutdown)\n", ""},
	}
}
