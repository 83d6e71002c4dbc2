package multiplex

import "slices"

// doAlone sends a call over a link that was closed, without the queue, the roles and the lock. It is for callers that cannot
// borrow a connection of their own while they are alone: see share_lone.go of redispool. The caller has set the phase
// aloneOpening, and sets aloneSending, aloneReading and aloneClosing one after another, each with one atomic operation. Any
// other goroutine that comes to the link calls toManyLocked. The atomic operation of the caller then fails, and the caller
// goes on as the writer or the reader that it is by then.
//
// over is false if the caller is to wait for its reply.
func (l *link) doAlone(c *call) (reply any, o Outcome, err error, over bool) {
	w, err := l.openAlone(c)
	switch {
	case err != nil:
		c.recycle()
		return nil, NotOpened, err, true
	case w == nil:
		return nil, Over, nil, false
	}
	reply, err, over = l.useAlone(c, w)
	return reply, Over, err, over
}

// takeSpare returns a call for a lone call. The link keeps it from one to the next, which costs less than the pool of all
// calls.
func (l *link) takeSpare() (c *call) {
	if c, l.spare = l.spare, nil; c == nil {
		c = l.mux.spareCall()
	}
	return c
}

// openAlone gets a connection for a lone call. If it returns neither a connection nor an error, the call is one of many.
func (l *link) openAlone(c *call) (w Wire, err error) {
	returned := false
	defer func() {
		if !returned && !l.phase.CompareAndSwap(aloneOpening, closed) { // the source panicked: the panic goes on
			l.openFailed(nil, errOpenPanicked)
		}
	}()
	w, err = l.mux.open(c.openingContext())
	returned = true
	if err != nil {
		if l.phase.CompareAndSwap(aloneOpening, closed) {
			return nil, err
		}
	} else if !l.broken.Load() && !l.retiring.Load() { // attachLocked forgets what the last connection has left
		l.lone, l.loneWire = c, w
		if l.phase.CompareAndSwap(aloneOpening, aloneSending) {
			return w, nil
		}
		l.lone, l.loneWire = nil, nil
	}
	l.mu.Lock()
	l.toManyLocked()
	l.queue = slices.Insert(l.queue, 0, c) // it has waited longest
	l.load.Add(1)
	l.mu.Unlock()
	l.openEnded(c, w, err)
	return nil, nil
}

// useAlone sends a lone call, and receives its reply.
func (l *link) useAlone(c *call, w Wire) (reply any, err error, over bool) {
	sent, returned := false, false
	defer func() {
		if !returned {
			l.alonePanicked(sent)
		}
	}()
	l.loneCalls.Store(l.loneCalls.Load() + 1)
	l.noteLargeWrite(c.size)
	if err = w.Send(c.cmd, c.args); err == nil {
		err = w.Flush()
	}
	if err != nil || !l.phase.CompareAndSwap(aloneSending, aloneReading) {
		returned = true
		l.sentAsMany(c, err)
		return nil, nil, false
	}
	sent = true
	reply, err = l.receiveFrom(w, c.timed)
	verdict := Keep
	if err != nil {
		verdict = w.Judge(err)
	}
	if verdict != Keep || w.Unread() || !l.phase.CompareAndSwap(aloneReading, aloneClosing) {
		returned = true
		l.readAsMany(c, reply, err, verdict)
		return nil, nil, false
	}
	returned = true
	c.forget()
	l.closeAlone(c)
	return reply, err, true
}

// closeAlone gives the connection of a lone call back. The call is over.
func (l *link) closeAlone(c *call) {
	defer func() {
		if !l.phase.CompareAndSwap(aloneClosing, closed) {
			l.wasClosed()
		}
	}()
	w := l.loneWire
	l.lone, l.loneWire, l.spare = nil, nil, c
	w.Close(nil, false)
}

// toManyLocked makes the link one for many calls, if a lone call has it, or nobody. In the latter case it returns closed, and
// the caller opens a connection.
func (l *link) toManyLocked() (was uint32) {
	for {
		was = l.phase.Load()
		to := was
		switch was {
		case closed, aloneOpening:
			to = opening
		case aloneSending, aloneReading:
			to = open
		case aloneClosing:
			to = closing
		default:
			return was
		}
		if l.phase.CompareAndSwap(was, to) {
			break
		}
	}
	switch was {
	case aloneSending, aloneReading:
		l.adoptLocked(was == aloneReading)
	default:
		l.waits() // for the opening, or the close
	}
	return was
}

// adoptLocked counts the lone call among those that are under way.
func (l *link) adoptLocked(sent bool) {
	l.attachLocked(l.loneWire)
	l.flight = append(l.flight, l.lone)
	l.lone, l.loneWire = nil, nil
	l.writing, l.reading = !sent, true
	l.flying, l.flyingBytes = 1, l.flight[0].size
	l.load.Add(1)
	l.lastBatch.Store(1)
	l.watch.head.Store(nil)
	if sent {
		l.sent.Add(1)
	}
}

// sentAsMany goes on after the sending of a call that is not alone any more, or that could not be sent.
func (l *link) sentAsMany(c *call, err error) {
	l.mu.Lock()
	l.toManyLocked()
	if err == nil {
		l.sent.Add(1)
	}
	l.leaveWriterUnlock(c, l.endBatchLocked(err), true)
}

// readAsMany goes on after the reply to a call that is not alone any more, or whose connection serves no further call.
func (l *link) readAsMany(c *call, reply any, err error, v Verdict) {
	l.mu.Lock()
	l.toManyLocked()
	if v == Broken {
		l.mu.Unlock()
		l.readerFailed(err)
		return
	}
	if v == Retire {
		l.retiring.Store(true)
	}
	l.received.Add(1)
	l.load.Add(-1)
	l.landFirstLocked(c.size)
	c.settleOwn(reply, err)
	l.readOwnUnlock(c)
}

// alonePanicked is called after a panic of the connection, or of a wrapper of it.
func (l *link) alonePanicked(sent bool) {
	l.mu.Lock()
	l.toManyLocked()
	l.mu.Unlock()
	if sent {
		l.readerFailed(panicked(nil))
	} else {
		l.writerPanicked(true, nil)
	}
}
