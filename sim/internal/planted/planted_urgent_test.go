package planted_test

func plantedInUrgent() []planted {
	return []planted{
		{"urgent waiters stand behind others", "urgent.go",
			"	if l.urgent.n > 0 && (l.urgent.run", "	if l.urgent.n > 1 && (l.urgent.run"},
		{"urgent waiters starve others", "urgent.go",
			"		if served {\n			l.urgent.run++\n		}\n", ""},
		{"others served one too late", "urgent.go",
			"l.urgent.run < maxUrgentRun || l.ordinary() == 0", "l.urgent.run <= maxUrgentRun || l.ordinary() == 0"},
		{"others served one too early", "urgent.go",
			"l.urgent.run < maxUrgentRun || l.ordinary() == 0", "l.urgent.run < maxUrgentRun-1 || l.ordinary() == 0"},
		{"a row of urgent waiters that nobody ends", "urgent.go",
			"		if served {\n			l.urgent.run = 0\n		}\n", ""},
		{"a row that nobody stood back for", "urgent.go",
			"	if l.ordinary() == 0 {\n		l.urgent.run = 0 // nobody stood back\n	}\n", ""},
		{"an urgent waiter refused since others are too many", "urgent.go",
			"	if w.Urgent {\n		n = l.urgent.n\n	}\n	return int(n) < l.maxWaiters", "	if w.Urgent {\n		n = l.queue.n\n	}\n	return int(n) < l.maxWaiters"},
		{"urgent waiters count against others", "urgent.go",
			"	n := l.ordinary()\n	if", "	n := l.queue.n\n	if"},
		{"the common case of a return overlooks urgent waiters", "urgent.go",
			"	l.queue.n++\n	l.setFastPaths()\n", "	l.queue.n++\n"},
		{"the timeout of urgent waiters forgotten", "time.go",
			"	for _, q := range [...]*queue{&l.urgent.queue, &l.queue} {\n		for w := range q.waiters {\n			if now", "	for _, q := range [...]*queue{&l.queue} {\n		for w := range q.waiters {\n			if now"},
		{"next too late for an urgent waiter", "time.go",
			"	return min(l.urgent.firstDeadline(), l.queue.firstDeadline())\n", "	return l.queue.firstDeadline()\n"},
		{"urgent waiters without a bound are not refused", "hold.go",
			"[...]*queue{&l.urgent.queue, &l.queue}", "[...]*queue{&l.queue}"},
		{"an urgent waiter makes the queue move", "urgent.go",
			"	if !w.Urgent {\n		l.queueMoved(now, false)\n		return\n	}\n", "	l.queueMoved(now, false)\n	if !w.Urgent {\n		return\n	}\n"},
	}
}
