package ledger

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/respool/respool/policy"
)

// drawnSoft gives a different answer for each resource, each time that it becomes
// idle.
type drawnSoft struct{ next policy.IdleLimit }

func (d *drawnSoft) IdleLimit(r policy.Info) policy.IdleLimit {
	s := d.next
	if s.Until != 0 {
		s.Until += r.Returned
	}
	return s
}

// TestSoftLimitsInAnyOrder has soft limits, and hard ones among them, fall due in any
// order, with any number to keep. In every history two things hold. No slot is evicted if
// its limit keeps as many slots as are idle. And no slot above that number stays after
// its time has come.
func TestSoftLimitsInAnyOrder(t *testing.T) {
	histories, evicted := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		histories++
		d := &drawnSoft{}
		keep := rapid.IntRange(0, 3).Draw(t, "keep") // 0: drawn for each
		c := Config{MaxActive: 8, MaxIdle: rapid.IntRange(3, 8).Draw(t, "max-idle"), MaxWaiters: 2, Eviction: d}
		c.MinIdle = rapid.IntRange(0, 2).Draw(t, "min-idle")
		if rapid.Bool().Draw(t, "aged") {
			c.Lifetime = policy.MaxAge(20 * time.Second)
		}
		c.Order = policy.Order(rapid.IntRange(0, 1).Draw(t, "order"))
		l := New(c)
		now := Instant(0)
		var leases []Handle
		for range 80 {
			d.next = policy.IdleLimit{Until: Instant(rapid.IntRange(0, 9).Draw(t, "until")) * Instant(time.Second), Keep: keep}
			if keep == 0 {
				d.next.Keep = rapid.IntRange(0, 4).Draw(t, "keep of one")
			}
			switch rapid.IntRange(0, 6).Draw(t, "event") {
			case 0, 1:
				if a := l.Acquire(now, nil); a.Do == Open {
					leases = append(leases, l.Opened(now, a.Handle).Handle)
				} else if a.Do == Granted {
					leases = append(leases, a.Handle)
				}
			case 2, 3, 4:
				if n := len(leases); n > 0 {
					i := rapid.IntRange(0, n-1).Draw(t, "lease")
					h := leases[i]
					leases = append(leases[:i], leases[i+1:]...)
					if a := l.Release(now, h); a.Do == Close {
						l.Closed(now, a.Handle)
					}
				}
			case 5:
				now = now.Add(time.Duration(rapid.IntRange(1, 4).Draw(t, "seconds")) * time.Second)
			case 6:
				if rapid.IntRange(0, 9).Draw(t, "reset") == 0 {
					l.Reset(now)
				}
			}
			advance := rapid.IntRange(0, 2).Draw(t, "advance") > 0
			for advance && l.NextDeadline() <= now {
				l.Advance(now)
			}
			if err := softLimits(l, now, advance); err != nil {
				t.Fatalf("at %v: %v in %v", now, err, l)
			}
			for l.Pending() {
				evicted += perform(l, now)
				if err := softLimits(l, now, false); err != nil {
					t.Fatalf("at %v: %v in %v", now, err, l)
				}
			}
		}
	})
	if 4*evicted < histories { // the mean is about two for each history
		t.Errorf("in %d histories only %d were evicted", histories, evicted)
	}
}

// perform does the work of an event, and returns how many were idle too long.
func perform(l *Ledger, now Instant) (evicted int) {
	w := l.Take()
	for h, ok := w.NextClose(); ok; h, ok = w.NextClose() {
		if l.Why(h) == IdleTooLong {
			evicted++
		}
		l.Closed(now, h)
	}
	if h, ok := w.NextOpen(); ok {
		if a := l.Opened(now, h); a.Do == Close {
			l.Closed(now, a.Handle)
		}
	}
	return evicted
}

// softLimits checks the soft limits of all idle slots, and the reasons of the slots
// to be closed.
func softLimits(l *Ledger, now Instant, advanced bool) error {
	if err := l.Check(); err != nil {
		return err
	}
	idle := int(l.tally[Idle])
	for s := l.idle.front; s != nil; s = s.next {
		if idle > s.details.softKeep && s.details.softAt != Never {
			if s.details.softAt < l.next {
				return fmt.Errorf("slot %d is due at %v, next is %v", s.id, s.details.softAt, l.next)
			}
			if advanced && now >= s.details.softAt {
				return fmt.Errorf("slot %d stays, past %v, and %d are idle of %d to keep", s.id, s.details.softAt, idle, s.details.softKeep)
			}
		}
	}
	closes := 0
	for s := l.work.close; s != nil; s = s.next {
		closes++
	}
	for s := l.work.close; s != nil; s = s.next {
		if s.why == IdleTooLong && s.until > now && idle+closes <= s.details.softKeep {
			return fmt.Errorf("slot %d is closed, and %d were idle of %d to keep", s.id, idle+closes, s.details.softKeep)
		}
	}
	return nil
}
