package redispool

import (
	"fmt"

	"github.com/respool/respool/redispool/internal/slotmap"
)

// mostRedirects is the number of redirections that are followed without a pause.
const mostRedirects = 4

// fewMisled connections to a wrong node may be a proxy's doing.
const fewMisled = 3

func (q *clusterCall) moved(at *binding, text string) nextStep {
	addr, ok := at.noteMoved(text)
	if !ok {
		return final
	}
	q.redirects++
	if at.replica {
		q.replica = false
	}
	if at.replica && q.readOnly {
		at.discard() // an earlier borrower may have sent READWRITE
		q.cluster.requestRefresh()
	}
	if addr == at.node.addr {
		at.discard() // a proxy has led it to another node
		q.misled, q.misledTo = q.misled+1, addr
		return later
	}
	q.addr = addr
	if q.redirects > mostRedirects {
		return elsewhereLater
	}
	return elsewhere
}

// gaveUp returns the error for a call that has no time for another attempt. A MOVED that
// names the very address that was dialed says nothing to those who read it, if each
// connection gets one.
func (q *clusterCall) gaveUp(last error) error {
	r := ParseRedir(last)
	if r == nil || r.Type != "MOVED" || q.misled < fewMisled {
		return last
	}
	return fmt.Errorf("redispool: %d connections to %s reached another node; does the Dial of CreatePool use its address? %w", q.misled, q.misledTo, last)
}

// noteMoved notes in the map what a MOVED says, and returns the address. The map is
// renewed if that contradicts it.
func (b *binding) noteMoved(text string) (addr string, ok bool) {
	r, ok := slotmap.ParseRedirect(text)
	if !ok {
		return "", false
	}
	addr, err := slotmap.Address(r.Addr, slotmap.Host(b.node.addr))
	if err != nil {
		return "", false
	}
	c := b.node.cluster
	changed, doubtful := c.slots.Moved(r.Slot, addr, b.sent)
	if changed {
		c.refreshes.noteChange()
		c.followUp()
	}
	if doubtful || addr == b.node.addr {
		c.requestRefresh()
	}
	return addr, true
}

// ask sends the command to the node that an ASK names, once. The map stays as it is.
func (q *clusterCall) ask(from *binding, redirection error) (reply any, v nextStep, err error) {
	r := ParseRedir(redirection)
	if r == nil {
		return nil, final, redirection
	}
	addr, err := slotmap.Address(r.Addr, slotmap.Host(from.node.addr))
	if err != nil {
		return nil, final, redirection
	}
	n, err := q.cluster.redirectedTo(addr)
	if err != nil {
		return nil, final, err
	}
	if q.cluster.total != nil && q.at != nil && q.at.isPlain() {
		q.drop() // otherwise callers that each hold one connection and want another would wait for each other
	}
	ctx, cancel := q.waitBounds()
	defer cancel()
	epoch := n.epoch.Load()
	rc, err := n.borrow(ctx, false, q.unpooled)
	if err != nil {
		v, err := q.judgeBind(err)
		return nil, v, err
	}
	at := &binding{node: n, rc: rc, epoch: epoch, sent: q.cluster.slots.Now()}
	defer rc.closeFor(q.bounds())
	// The command is an ordinary one, so there is nothing to undo, and the pool need not
	// know about it.
	pc := rc.lease.Value()
	if err = pc.c.Send("ASKING"); err == nil {
		reply, err = q.howToCall(rc).do(pc.c, q.cmd, q.args...)
	}
	if err == nil {
		return reply, final, nil
	}
	if v = q.judge(at, err); v == asked || v == again {
		v = later // the node that the map names may know more by then
	}
	return reply, v, err
}
