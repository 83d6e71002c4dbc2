package planted_test

func plantedInOrder() []planted {
	return []planted{
		{"last in line served first", "queue.go",
			"	return *q.slotOf(q.head) // skip keeps holes away from the head\n", "	return *q.slotOf(q.tail - 1)\n"},
		{"hole in line stops it", "queue.go",
			"	q.n--\n	q.skip()\n", "	q.n--\n"},
		{"line wraps onto itself", "queue.go",
			"	if q.tail-q.head == uint32(len(q.ring)) {\n", "	if len(q.ring) == 0 {\n"},
		{"tickets of before the line grew", "queue.go",
			"			w.ticket = n\n", ""},
		{"order upside down", "idle.go",
			"	if o == policy.FIFO {\n", "	if o != policy.FIFO {\n"},
		{"list loses those behind the one taken", "idle.go",
			"		s.next.prev = s.prev\n", "		s.next.prev = nil\n"},
		{"woken in the wrong order", "work.go",
			"		l.work.last.next = w\n	}\n	l.work.last = w\n", "		w.next, l.work.wake = l.work.wake, w\n		return\n	}\n	l.work.last = w\n"},
		{"only the last one woken", "work.go",
			"	if l.work.wake == nil {\n		l.work.wake = w\n", "	if true {\n		l.work.wake = w\n"},
		{"only the last one closed", "work.go",
			"	s.next, l.work.close = l.work.close, s\n", "	l.work.close = s\n"},
	}
}

func plantedInLane() []planted {
	return []planted{
		{"handle of before the lane still good", "lane.go",
			"	s.gen++\n	if why", "	if why"},
		{"uses in the lane not counted", "lane.go",
			"	l.granted += uint64(n)\n", ""},
		{"test overlooked in the lane", "lane.go",
			"		until = min(until, s.details.testFrom)\n", ""},
		{"in the lane beyond its time", "lane.go",
			"	until := s.until\n", "	until := s.until + 1\n"},
		{"time of return to the lane not noted", "lane.go",
			"	s.returned = returned\n", ""},
		{"idle limit in the lane counted from when it leaves", "lane.go",
			"	l.makeIdle(returned, s)\n", "	l.makeIdle(now, s)\n"},
		{"test due after the lane forgotten", "lane.go",
			"	if len(l.gates) > 0 {\n		l.setTestFrom(s)\n	}\n	l.makeIdle", "	l.makeIdle"},
		{"leased out of the lane taken for idle", "lane.go",
			"	if leased {\n		return\n	}\n	s.gen", "	if leased && l.queue.n > 0 {\n		return\n	}\n	s.gen"},
	}
}

func plantedInWhole() []planted {
	return []planted{
		{"waiter forgotten on open failure", "open.go",
			"		l.notReplaced(now, s)\n	}\n	l.freePlace(now, s)\n", "		l.notReplaced(now, s)\n	}\n	l.removeSlot(s)\n"},
		{"opened after shut is lent", "open.go",
			"	if l.shut {\n		return l.close(now, s, PoolShut, closeRefuse)\n	}\n	return l.grant(s)\n", "	return l.grant(s)\n"},
		{"abandoned opening lent to who has left", "open.go",
			"			s.openedFor = forNobody\n			l.stats.Failed++\n", "			l.stats.Failed++\n"},
		{"abandoned close goes on for who has left", "open.go",
			"			s.then = closeFree\n			l.stats.Failed++\n", "			l.stats.Failed++\n"},
		{"reset forgotten during an opening", "open.go",
			"	l.stats.Opened++\n", "	l.stats.Opened++\n	s.resets = l.resets\n"},
		{"age counted from the decision to open", "open.go",
			"Expiry(policy.Info{Opened: now,", "Expiry(policy.Info{Opened: 0,"},
		{"shut leaves waiters", "shut.go",
			"	for w := l.firstWaiter(); w != nil; w = l.firstWaiter() {\n		l.refuseWaiter(now, w, Shutdown)\n	}\n", ""},
		{"shut leaves what is idle", "shut.go",
			"	l.setFastPaths()\n	l.sweep()\n", "	l.setFastPaths()\n"},
		{"closed twice by reset and shut", "work.go",
			"	l.idle = idleList{}\n", ""},
		{"reset leaves what is idle", "shut.go",
			"	l.stats.Resets++\n	l.sweep()\n", "	l.stats.Resets++\n"},
		{"retire forgets what is lent", "shut.go",
			"	case Opening, Testing, Leased:\n		s.resets = retired\n", "	case Opening, Testing:\n		s.resets = retired\n"},
		{"retire forgets what is being tested", "shut.go",
			"	case Opening, Testing, Leased:\n		s.resets = retired\n", "	case Opening, Leased:\n		s.resets = retired\n"},
		{"retire leaves what is idle", "shut.go",
			"		l.evict(now, s, Retired)\n", ""},
		{"reset for a reason of its own", "shut.go",
			"	if s.resets == retired {\n", "	if s.resets != 0 {\n"},
		{"resize forgets those in line", "resize.go",
			"	l.serve(now)\n	l.trimSoon(now)\n", "	l.trimSoon(now)\n"},
		{"resize forgets what is idle", "resize.go",
			"	l.serve(now)\n	l.trimSoon(now)\n", "	l.serve(now)\n"},
		{"resize forgets MinIdle", "resize.go",
			"	l.minIdle.want = min(l.cfg.MinIdle, maxIdle, maxActive)\n", ""},
	}
}
