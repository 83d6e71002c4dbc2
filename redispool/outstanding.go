package redispool

import (
	"sync"
	"sync/atomic"
)

// outstanding counts commands and replies, and keeps the commands whose effect is not
// known yet. Only the holder of the connection sends commands. Another goroutine may
// receive replies.
type outstanding struct {
	sent     atomic.Uint32 // number of commands sent
	received atomic.Uint32 // number of replies read
	excess   atomic.Bool   // more replies were read than commands were counted

	any  atomic.Bool // list is not empty
	mu   sync.Mutex
	list []sentCommand
}

// sentCommand is a command that was sent by Send.
type sentCommand struct {
	effect
	at      uint32 // the value of sent after it
	counts  bool   // its reply can be recognized by its number
	read    bool   // its reply was read
	outcome outcome
	text    string
}

// owed reports whether there may be unread replies.
func (o *outstanding) owed() bool { return o.sent.Load() != o.received.Load() || o.excess.Load() }

// allRead notes that all replies were read.
func (o *outstanding) allRead() {
	o.received.Store(o.sent.Load())
	if o.excess.Load() {
		o.excess.Store(false)
	}
}

// note is called for a command before it is sent by Send.
func (pc *pooled) note(e effect) {
	o := &pc.replies
	at := o.sent.Add(1)
	switch {
	case e.kind == ordinary:
		return
	case e.kind == subscribe || e.kind == shardSubscribe || e.kind == unsubscribes || pc.listens():
		// Replies cannot be distinguished from messages then.
		pc.apply(e, unknown, "")
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.list = append(o.list, sentCommand{effect: e, at: at, counts: !pc.maybeUnread})
	o.any.Store(true)
}

// listens reports whether messages may come between replies.
func (pc *pooled) listens() bool { return (pc.state|pc.asSent)&listening != 0 }

// received notes a reply that Receive has read. It uses nothing that belongs to the
// sending goroutine.
func (pc *pooled) received(reply any, err error) (any, error) {
	if _, isReply := serverError(err); err != nil && !isReply {
		return pc.checkReply(reply, pc.orFarewell(err))
	}
	pc.answered()
	if mayClose := pc.replies.match(reply, err); mayClose {
		pc.core.closers.Add(1)
	}
	return pc.checkReply(reply, err)
}

// match counts a reply and notes it for its command. It reports whether one of the
// commands that were sent may have closed other connections: see closers.
func (o *outstanding) match(reply any, err error) (mayClose bool) {
	n := o.received.Add(1)
	if int32(n-o.sent.Load()) > 0 {
		o.excess.Store(true)
	}
	if !o.any.Load() {
		return false
	}
	inStep := !o.excess.Load()
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range o.list {
		s := &o.list[i]
		mayClose = mayClose || s.mayClose
		if inStep && s.at == n && s.counts && !s.read {
			s.read = true
			s.outcome, s.text = judge(reply, err)
		}
	}
	return mayClose
}

// settle applies commands in order, up to the first one whose reply was not read.
func (pc *pooled) settle() {
	if pc.replies.any.Load() {
		pc.settleWith(func(s *sentCommand) bool { return s.read })
	}
}

// settleAll applies all commands. find returns the outcome of a command whose reply
// Receive has not read.
func (pc *pooled) settleAll(find func(*sentCommand) (outcome, string)) {
	if pc.replies.any.Load() {
		pc.settleWith(func(s *sentCommand) bool {
			if !s.read {
				s.outcome, s.text = find(s)
			}
			return true
		})
	}
	pc.replies.allRead()
}

func (pc *pooled) settleWith(ready func(*sentCommand) bool) {
	o := &pc.replies
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for n < len(o.list) && ready(&o.list[n]) {
		pc.apply(o.list[n].effect, o.list[n].outcome, o.list[n].text)
		n++
	}
	o.list = o.list[:copy(o.list, o.list[n:])]
	o.any.Store(len(o.list) > 0)
}

func nobodyKnows(*sentCommand) (outcome, string) { return unknown, "" }
func allObeyed(*sentCommand) (outcome, string)   { return obeyed, "" }

// findAmong finds the outcomes of commands in reply. A Do without a command returns all
// outstanding replies together.
func (o *outstanding) findAmong(reply any) func(*sentCommand) (outcome, string) {
	all, _ := reply.([]any)
	return func(s *sentCommand) (outcome, string) {
		if i := len(all) - 1 - int(o.sent.Load()-s.at); i >= 0 {
			return judge(all[i], nil)
		}
		return unknown, ""
	}
}
