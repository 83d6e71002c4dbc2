package ledger

// hungerOrFeed follows an Advance of a ledger. The ledger may have been the one to
// open next for MinIdle, and may be unable to, or need no resource any more.
func (l *Ledger) hungerOrFeed() {
	if l.wantsFill() && !l.total.canFill() {
		l.total.noteHungry(l)
	}
	l.total.feed()
}

// canFill reports whether the total has room for one more slot for MinIdle.
func (t *Total) canFill() bool { return t.room() && t.idle.n+t.filling+t.tested < t.maxIdle }

// noteHungry remembers that the ledger has less than MinIdle and that the total has
// no room.
func (t *Total) noteHungry(l *Ledger) {
	if l.hungry {
		return
	}
	l.hungry, l.hungryNext = true, nil
	if t.hungryLast == nil {
		t.hungryFirst = l
	} else {
		t.hungryLast.hungryNext = l
	}
	t.hungryLast = l
}

// feed lets a hungry ledger open for MinIdle, if the total has room. The Advance of
// that ledger opens and feeds the next one. A ledger that may have to pause first
// must not keep the others from it, so feed goes on to the next. Each step is paid for
// by the call of noteHungry before it.
func (t *Total) feed() {
	for t.canFill() && t.hungryFirst != nil {
		l := t.hungryFirst
		t.hungryFirst = l.hungryNext
		if t.hungryFirst == nil {
			t.hungryLast = nil
		}
		l.hungry, l.hungryNext = false, nil
		if !l.wantsFill() {
			continue
		}
		at := l.fillDue(0)
		l.setDue(at)
		if at == 0 {
			return
		}
	}
}
