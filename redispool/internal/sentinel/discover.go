package sentinel

import (
	"context"
	"slices"
)

// addLocked begins to watch a sentinel.
func (w *Watcher) addLocked(p peer, configured bool) {
	if w.ctx.Err() != nil {
		return
	}
	m := &member{w: w, addr: p.addr, id: p.id, configured: configured, ask: make(chan struct{}, 1)}
	m.ctx, m.cancel = context.WithCancel(w.ctx)
	w.members = append(w.members, m)
	w.wg.Go(m.run)
}

// discoverLocked begins to watch sentinels that others name, and ends watching those
// that neither answer nor are named any more. While none answers, all are kept: those
// from the configuration may be gone for good.
func (w *Watcher) discoverLocked() {
	answers, named := false, map[string]bool{}
	for _, m := range w.members {
		if m.view == nil || m.err != nil {
			continue
		}
		answers = true
		for _, p := range m.view.peers {
			named[p.addr] = true
			if !slices.ContainsFunc(w.members, func(m *member) bool { return m.is(p) }) {
				w.addLocked(p, false)
			}
		}
	}
	w.members = slices.DeleteFunc(w.members, func(m *member) bool {
		gone := !m.configured && (m.err != nil && answers && !named[m.addr] || w.isTwinLocked(m))
		if gone {
			m.cancel()
		}
		return gone
	})
}

// isTwinLocked reports whether another member that works is the same sentinel under
// another address. Of two that work, the later one is the twin, so those from the
// configuration are not.
func (w *Watcher) isTwinLocked(m *member) bool {
	for _, other := range w.members {
		if other == m {
			return false
		}
		if m.id != "" && other.id == m.id && other.err == nil {
			return true
		}
	}
	return false
}
