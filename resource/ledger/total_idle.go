package ledger

// totalIdle is the list of the idle slots of all ledgers, from the one that became
// idle last (front) to the one that has been idle longest (back). A slot that is tested in
// the background keeps its place there, but it is not idle.
type totalIdle struct {
	front, back *Slot
	n           int // how many are idle
}

func (i *totalIdle) pushFront(s *Slot) {
	d := s.details
	d.totalListed, d.totalPrev, d.totalNext = true, nil, i.front
	if i.front != nil {
		i.front.details.totalPrev = s
	} else {
		i.back = s
	}
	i.front = s
}

func (i *totalIdle) pushBack(s *Slot) {
	d := s.details
	d.totalListed, d.totalPrev, d.totalNext = true, i.back, nil
	if i.back != nil {
		i.back.details.totalNext = s
	} else {
		i.front = s
	}
	i.back = s
}

func (i *totalIdle) remove(s *Slot) {
	d := s.details
	if d.totalPrev != nil {
		d.totalPrev.details.totalNext = d.totalNext
	} else {
		i.front = d.totalNext
	}
	if d.totalNext != nil {
		d.totalNext.details.totalPrev = d.totalPrev
	} else {
		i.back = d.totalPrev
	}
	d.totalListed, d.totalPrev, d.totalNext = false, nil, nil
}

func (t *Total) pushIdle(s *Slot) {
	t.idle.pushFront(s)
	t.addIdle()
}

func (t *Total) addIdle() {
	t.idle.n++
	t.peakIdle = max(t.peakIdle, min(t.idle.n, t.maxIdle))
}

func (t *Total) removeIdle(s *Slot) {
	if !s.details.totalTested {
		t.idle.remove(s)
	}
	t.idle.n--
	if t.hungryFirst != nil {
		t.feed()
	}
}

// oldestIdle returns the slot that has been idle longest; there is one. It takes slots out
// of the way that are tested in the background: each is older than what stays in the list.
func (t *Total) oldestIdle() *Slot {
	for t.idle.back.details.totalTested {
		t.idle.remove(t.idle.back)
	}
	return t.idle.back
}

// beginTest is called before an idle slot leaves the idle list of its ledger to be tested
// in the background.
func (t *Total) beginTest(s *Slot) {
	s.details.totalTested = true
	t.tested++
}

// endTest ends that. If the slot is idle again, it has its old place: if it was taken out
// of the way, nothing in the list is older.
func (t *Total) endTest(s *Slot, idle bool) {
	s.details.totalTested = false
	t.tested--
	switch {
	case !idle && s.details.totalListed:
		t.idle.remove(s)
	case idle && !s.details.totalListed:
		t.idle.pushBack(s)
	}
	if idle {
		t.addIdle()
	}
	t.feed()
}

// sweepIdle takes all idle slots of a ledger off the list.
func (t *Total) sweepIdle(l *Ledger) {
	for s := l.idle.front; s != nil; s = s.next {
		t.removeIdle(s)
	}
}

// surplusIdle closes the slot that has been idle longest, if more are idle than
// MaxIdle of the total.
func (t *Total) surplusIdle(now Instant) Answer {
	if t.idle.n <= t.maxIdle {
		return Answer{}
	}
	s := t.oldestIdle()
	l := s.details.ledger
	l.removeIdle(s)
	a := l.close(now, s, Surplus, closeFree)
	l.scheduleFillIfMinIdle(now)
	return a
}
