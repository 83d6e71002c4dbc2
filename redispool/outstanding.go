package redispool

import (
	"sync"
	"sync/atomic"
)

// outstanding counts commands and replies, and keeps the commands whose effect is not
// known yet. The one holder of the connection sends commands. Another goroutine may
// receive replies.
type outstanding struct {
	sent     atomic.Uint32 // number of commands sent
	received atomic.Uint32 // number of replies that were read
	excess   atomic.Bool   // a reply was read to a command that was not counted

	any  atomic.Bool // there is something in list
	mu   sync.Mutex
	list []sentCommand
}

// sentCommand is a command that was sent by Send.
type sentCommand struct {
	effect
	at      uint32 // the value of sent after it
	counts  bool   // its reply can be told by its number
	read    bool   // its reply is there
	outcome outcome
	text    string
}

// owed reports whether there may be replies to read.
func (o *outstanding) owed() bool { return o.sent.Load() != o.received.Load() || o.excess.Load() }

// settled notes that all replies were read.
func (o *outstanding) settled() {
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
		// A reply cannot be told from a message then.
		pc.apply(e, unknown, "")
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.list = append(o.list, sentCommand{effect: e, at: at, counts: !pc.maybeUnread})
	o.any.Store(true)
}

// listens reports whether replies and messages come mixed.
func (pc *pooled) listens() bool { return (pc.state|pc.asSent)&listening != 0 }

// received notes what Receive has read. It touches nothing that belongs to the
// goroutine that sends.
func (pc *pooled) received(reply any, err error) (any, error) {
	if _, isReply := serverError(err); err != nil && !isReply {
		return pc.checkReply(reply, pc.orFarewell(err))
	}
	pc.answered()
	pc.replies.match(reply, err)
	return pc.checkReply(reply, err)
}

// match counts a reply and gives it to its command.
func (o *outstanding) match(reply any, err error) {
	n := o.received.Add(1)
	if int32(n-o.sent.Load()) > 0 {
		o.excess.Store(true)
	}
	if o.excess.Load() || !o.any.Load() {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range o.list {
		if s := &o.list[i]; s.at == n && s.counts && !s.read {
			s.read = true
			s.outcome, s.text = judge(reply, err)
		}
	}
}

// settle applies, in order, the commands whose replies are there.
func (pc *pooled) settle() {
	if pc.replies.any.Load() {
		pc.settleWith(func(s *sentCommand) bool { return s.read })
	}
}

// settleAll applies all commands. find looks for the outcome of one whose reply
// was not received by itself.
func (pc *pooled) settleAll(find func(*sentCommand) (outcome, string)) {
	if pc.replies.any.Load() {
		pc.settleWith(func(s *sentCommand) bool {
			if !s.read {
				s.outcome, s.text = find(s)
			}
			return true
		})
	}
	pc.replies.settled()
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

// findAmong finds the outcomes in what Do without a command returns, which is all
// replies.
func (o *outstanding) findAmong(reply any) func(*sentCommand) (outcome, string) {
	all, _ := reply.([]any)
	return func(s *sentCommand) (outcome, string) {
		if i := len(all) - 1 - int(o.sent.Load()-s.at); i >= 0 {
			return judge(all[i], nil)
		}
		return unknown, ""
	}
}
