package sentinel

import (
	"context"
	"time"

	"github.com/gomodule/redigo/redis"
)

// In a planned failover the old master goes on as a master for seconds, and every write
// that it accepts after the replica's promotion is lost. The sentinel that leads the
// failover sees the promotion only when it asks the replica the next time, up to a second
// later. So the watcher asks the replica itself, from the moment when the sentinel
// orders it to become the master. It believes only the replica's own answer to ROLE.

const (
	promotionLimit = 10 * time.Second      // how long a promotion is awaited
	promotionPause = 10 * time.Millisecond // between two questions

	// hintLimit is how long the replica's answer counts, unless the sentinels report the
	// promotion. They do so within a second or two, unless the one that leads the failover
	// has died. Then the others may undo the promotion.
	hintLimit = 5 * time.Second
)

// hint is a server that has been promoted, and that the sentinels do not name yet.
type hint struct {
	addr  string
	epoch int64 // the highest known one when the hint came
	until time.Time
}

// holds reports whether the hint still says more than sentinels whose highest epoch is
// the given one.
func (h hint) holds(epoch int64) bool {
	return h.addr != "" && epoch <= h.epoch && time.Now().Before(h.until)
}

// promises is called when a sentinel orders a replica to become the master. The watcher
// ignores a failover of any other master than the present one.
func (w *Watcher) promises(e event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e.master != w.state.Master || e.addr == e.master || w.watched == e.addr || w.ctx.Err() != nil {
		return
	}
	w.watched = e.addr
	w.wg.Go(func() {
		promoted := w.awaitPromotion(e.addr)
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.watched == e.addr {
			w.watched = ""
		}
		if promoted && w.state.Master == e.master {
			w.hint = hint{addr: e.addr, epoch: highest(w.viewsLocked()), until: time.Now().Add(hintLimit)}
			w.evaluateLocked()
		}
	})
}

// awaitPromotion asks a server for its role until it is a master. The sentinel cuts the
// connections of a server that it promotes, so a lost connection is dialed again.
func (w *Watcher) awaitPromotion(addr string) bool {
	ctx, cancel := context.WithTimeout(w.ctx, promotionLimit)
	defer cancel()
	for d := promotionPause; ctx.Err() == nil; d = min(2*d, shortestPause) {
		if w.isPromoted(ctx, addr) {
			return true
		}
		pause(ctx, d)
	}
	return false
}

// isPromoted asks over one connection, until the server is a master or the connection
// is lost.
func (w *Watcher) isPromoted(ctx context.Context, addr string) bool {
	c, err := w.cfg.DialServer(ctx, addr)
	if err != nil || c == nil {
		return false
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	for {
		role, _, err := AskRole(func(cmd string) (any, error) { return redis.DoWithTimeout(c, w.cfg.Timeout, cmd) })
		if err != nil || role == "master" {
			return err == nil
		}
		pause(ctx, promotionPause)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
