package ledger_test

import (
	"slices"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// twinHeir is what the twin knows of a slot and its successor.
type twinHeir struct {
	tryAt  ledger.Instant // when the pool looks whether to replace the slot; Never: it does not
	there  bool           // the slot is in use, and its successor is open
	of     *twinSlot      // being opened to replace this one
	making bool           // it is closed to make place for its successor
}

// filling reports whether an opening is under way that no client asked for.
func (tw *twin) filling() bool {
	return slices.ContainsFunc(tw.live, func(s *twinSlot) bool { return s.fill || s.heir.of != nil })
}

// toReplace is for a resource that was just opened.
func (tw *twin) toReplace(s *twinSlot) {
	if tw.pool.ReplaceAhead == 0 {
		return
	}
	age := s.expires.Sub(tw.now)
	s.heir.tryAt = tw.now.Add(max(age/2, age-tw.pool.ReplaceAhead))
}

func (tw *twin) tryLater(s *twinSlot) {
	if !tw.shut && s.state != ledger.Closing && tw.worthReplacing(s) {
		s.heir.tryAt = tw.now.Add(tw.pool.ReplaceAhead / 16)
	}
}

// replaceAt returns when the pool looks for a slot to replace.
func (tw *twin) replaceAt() ledger.Instant {
	at := ledger.Never
	if tw.filling() || tw.shut {
		return at
	}
	for _, s := range tw.live {
		if s.heir.tryAt != ledger.Never && !(s.old && s.state == ledger.Closing) {
			at = min(at, max(s.heir.tryAt, tw.fillAt, tw.heldUntil))
		}
	}
	return at
}

func (tw *twin) worthReplacing(s *twinSlot) bool {
	return s.uses > 0 && !s.old && !s.retired && tw.now < s.expires && (tw.pool.MaxUses == 0 || s.uses < tw.pool.MaxUses) &&
		slices.Contains(tw.live, s)
}

// replace looks at the slots that are due, the earliest first.
func (tw *twin) replace() {
	for tw.replaceAt() <= tw.now {
		s := slices.MinFunc(tw.live, func(a, b *twinSlot) int {
			switch {
			case a.heir.tryAt != b.heir.tryAt:
				if a.heir.tryAt < b.heir.tryAt {
					return -1
				}
				return 1
			}
			return a.id - b.id
		})
		s.heir.tryAt = ledger.Never
		fits := s.state == ledger.Idle || s.state == ledger.Leased && len(tw.idle) < tw.pool.MaxIdle
		full := len(tw.live) == tw.pool.MaxActive
		making := slices.ContainsFunc(tw.live, func(s *twinSlot) bool { return s.heir.making })
		switch {
		case !tw.worthReplacing(s):
		case tw.waiting() > 0 || tw.probe != nil:
			tw.tryLater(s)
		case tw.room() && fits:
			tw.open(story.Opens, "").heir.of = s
		case full && s.state == ledger.Idle && len(tw.idle) > 1 && !making:
			tw.close(story.Closes, "", s, ledger.TooOld, "")
			s.heir.making = true
		default:
			tw.tryLater(s)
		}
	}
}

// openInPlace opens the successor of a slot that was closed for it.
func (tw *twin) openInPlace(s *twinSlot) {
	free := tw.now >= max(tw.fillAt, tw.heldUntil) && tw.probe == nil && !tw.filling()
	if s.heir.making && tw.room() && tw.waiting() == 0 && free {
		tw.open(story.Opens, "").heir.of = s
	}
}

// supersede has the old slot go.
func (tw *twin) supersede(s *twinSlot) {
	old := s.heir.of
	s.heir.of, tw.failures = nil, 0
	if tw.wasted == 0 {
		tw.fillAt = 0
	}
	if tw.shut || !slices.Contains(tw.live, old) {
		return
	}
	switch old.state {
	case ledger.Idle:
		tw.close(story.Closes, "", old, ledger.TooOld, "")
	case ledger.Leased, ledger.Testing:
		old.heir.there = true
	}
}
