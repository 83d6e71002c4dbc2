package multiplex

// failLocked notes that the connection is broken.
func (l *link) failLocked(err error) {
	if l.failure != nil {
		return
	}
	l.failure = err
	l.broken.Store(true)
	l.endAwait()
	l.mux.broken.Add(1)
}

// leaveRoleUnlock is called when a role has ended. If nobody has the other one, and nothing can be sent, the connection is
// given back.
func (l *link) leaveRoleUnlock() {
	w := l.wire
	switch {
	case l.writing || l.reading:
		broken := l.failure != nil
		l.mu.Unlock()
		if broken {
			w.Break() // for the other role, which may be within a system call
		}
	case l.failure == nil && !l.retiring.Load() && len(l.queue) > 0:
		l.writing = true
		l.mu.Unlock()
		go l.startWrite()
	default:
		l.closeUnlock()
	}
}

// closeUnlock gives the connection back. Nobody uses it any more. Calls that were in flight get the error that has broken
// it.
func (l *link) closeUnlock() {
	w, cause, retired := l.wire, l.failure, l.retiring.Load()
	var lost []*call
	if cause != nil {
		lost = append(append(lost, l.pending...), l.flight...)
	}
	l.wire = nil
	l.pending, l.flight = l.pending[:0], l.flight[:0]
	l.flying, l.flyingBytes, l.landed, l.landedBytes = 0, 0, 0, 0
	l.load.Add(-int64(len(lost)))
	l.watch.stopLocked()
	l.waits()
	l.phase.Store(closing)
	l.mu.Unlock()
	for _, c := range lost {
		c.settle(nil, cause, Lost)
	}
	defer l.wasClosed()
	w.Close(cause, retired)
}

// wasClosed is called when the connection was given back. Calls may have come meanwhile.
func (l *link) wasClosed() {
	l.mu.Lock()
	if len(l.queue) == 0 {
		l.restLocked()
		l.mu.Unlock()
		return
	}
	l.phase.Store(opening)
	l.mu.Unlock()
	go l.reopen()
}

// restLocked notes that the link has no connection, and that nobody waits for one.
func (l *link) restLocked() {
	l.goesOn()
	l.phase.Store(closed)
}

// retireIf gives the connection back, once the calls on it are over, if match is true for it.
func (l *link) retireIf(match func(Wire) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.wire != nil && match(l.wire) {
		l.retiring.Store(true)
	}
}
