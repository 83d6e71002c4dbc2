package planted_test

func plantedInSuspects() []planted {
	return []planted{
		{"failed test casts no suspicion", "gates.go",
			"	if v != Passed {\n		l.Suspect()\n	}\n", ""},
		{"suspect lent without a test", "acquire.go",
			" && (now >= s.details.testFrom || l.suspected(s)) {", " && now >= s.details.testFrom {"},
		{"suspect tested with some tests", "gates.go",
			"	if l.suspected(s) {\n		return l.allGates()\n	}\n", ""},
		{"suspect forever", "gates.go",
			"	l.clear(s)\n	d := s.details\n", "	d := s.details\n"},
		{"what comes back later is suspect", "release.go",
			"	l.clear(s)\n", ""},
		{"what is opened later is suspect", "open.go",
			"		l.clear(s)\n", ""},
		{"suspect lent from the lane", "lane.go",
			"s == nil || l.suspected(s) || s.maxUses", "s == nil || s.maxUses"},
		{"suspicion without the setting", "suspect.go",
			"	if l.cfg.TestSuspects {\n		l.suspicions++\n	}\n", "	l.suspicions++\n	l.cfg.TestSuspects = len(l.gates) > 0\n"},
	}
}
