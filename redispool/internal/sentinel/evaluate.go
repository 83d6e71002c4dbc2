package sentinel

import (
	"context"
	"time"
)

// evaluateLocked draws the conclusions from what the sentinels have answered.
func (w *Watcher) evaluateLocked() {
	defer w.wakeLocked()
	views := w.viewsLocked()
	if len(views) == 0 {
		return // the last state stays
	}
	w.settled = w.settled || w.enoughLocked()
	if !w.settled {
		return
	}
	elected, epoch := elect(views, w.state.Master)
	state := State{Master: elected}
	if w.hint.holds(epoch) {
		state.Master = w.hint.addr
	}
	state.Replicas, state.Members = tally(views, elected, state.Master)
	if state.equal(w.state) {
		return
	}
	if state.Master != w.state.Master {
		w.leave()
		w.current, w.leave = context.WithCancel(w.ctx)
	}
	w.state = state
	select {
	case w.dirty <- struct{}{}:
	default:
	}
}

// viewsLocked returns the views of the sentinels that answer, and of those that did so a
// moment ago.
func (w *Watcher) viewsLocked() (views []*view) {
	for _, m := range w.members {
		if m.view != nil && (m.err == nil || time.Since(m.seen) < memory) {
			views = append(views, m.view)
		}
	}
	return views
}

// enoughLocked reports whether the answers suffice to begin: all configured sentinels
// have answered or failed, or, a moment later, more than half of them have answered.
func (w *Watcher) enoughLocked() bool {
	all, answers, tried := 0, 0, 0
	for _, m := range w.members {
		if !m.configured {
			continue
		}
		all++
		if m.view != nil {
			answers++
		}
		if m.answered {
			tried++
		}
	}
	return tried == all || w.mostSuffice && 2*answers > all
}

// endFirstWait ends the waiting for slow sentinels at the beginning. Where one hangs, the
// others suffice after a part of the time in which each should have answered. At its end
// any answer does.
func (w *Watcher) endFirstWait() {
	grace := w.cfg.Timeout / 10
	if !w.sleep(grace) {
		return
	}
	w.mu.Lock()
	w.mostSuffice = true
	w.evaluateLocked()
	w.mu.Unlock()
	if !w.sleep(w.cfg.Timeout - grace) {
		return
	}
	w.mu.Lock()
	w.settled = true
	w.evaluateLocked()
	w.mu.Unlock()
}

// sleep reports whether the watcher is still open after d.
func (w *Watcher) sleep(d time.Duration) bool {
	select {
	case <-w.ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
