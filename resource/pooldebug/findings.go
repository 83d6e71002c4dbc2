package pooldebug

import (
	"fmt"
	"time"

	"github.com/respool/respool/resource"
)

// findings says what one look at a pool shows to be wrong. The page for the engineer on
// call quotes these texts.
func findings(in resource.Inspection, failure *resource.OpenFailure) []string {
	st, found := in.Stats, []string{}
	say := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }

	failing := failure != nil && !failure.Over
	if in.Closed {
		say("%s", closed(st))
	}
	if failing {
		say("Opens fail. The last one failed %s ago: %s", span(in.Time.Sub(failure.Time)), failure.Text)
	}
	if st.Waiting > 0 {
		say("%s%s", full(st, failing), waiting(in))
	} else if !in.Closed && st.MaxActive > 0 && st.Leased >= st.MaxActive {
		say("At the limit: %s leased. The next caller waits or is refused.", all(st.MaxActive))
	}
	if st.Leaked > 0 {
		text := count(uint64(st.Leaked), "lease is", "leases are") + " out for longer than LeakAfter."
		if r, ok := longest(in.Resources); ok {
			text += " The longest, for " + since(r, in.Time) + ", was acquired by " + holder(r) + "."
		}
		say("%s", text)
	}
	if st.Lost > 0 {
		text := "The program has lost " + count(st.Lost, "lease", "leases") + " without a release."
		if l := in.LastLost; l != nil {
			text += " The last one, found " + span(in.Time.Sub(l.Time)) + " ago, was acquired by " + place(l.Holder) + "."
		}
		say("%s", text)
	}
	if st.ClosesAbandoned > 0 {
		say("%s abandoned: the other end may still have resources that the pool no longer counts.", count(st.ClosesAbandoned, "close was", "closes were"))
	}
	if st.ObserverPanics > 0 {
		say("The observer has panicked %s.", count(st.ObserverPanics, "time", "times"))
	}
	return found
}

// closed says what a closed pool still does.
func closed(st resource.Stats) string {
	text := "The pool is closed."
	if st.Leased > 0 {
		text += " " + count(uint64(st.Leased), "lease is", "leases are") + " still out."
	}
	if st.Rejected > 0 {
		text += " " + count(st.Rejected, "acquire", "acquires") + " came since."
	}
	return text
}

// full says what occupies the places of a full pool whose callers wait. It is empty if the
// pool has room, and if openings fail: then the callers wait for an opening.
func full(st resource.Stats, failing bool) string {
	switch {
	case failing || st.MaxActive <= 0 || st.Active < st.MaxActive:
		return ""
	case st.Leased >= st.MaxActive:
		return fmt.Sprintf("At the limit: %s leased. ", all(st.MaxActive))
	case st.Opening >= max(st.Leased, st.Testing, st.Closing):
		return fmt.Sprintf("At the limit, with %d of %d still being opened: opening is slow. ", st.Opening, st.MaxActive)
	case st.Closing >= max(st.Leased, st.Testing):
		return fmt.Sprintf("At the limit, with %d of %d still being closed: closing is slow or hangs. ", st.Closing, st.MaxActive)
	case st.Testing > st.Leased:
		return fmt.Sprintf("At the limit, with %d of %d under test: tests are slow. ", st.Testing, st.MaxActive)
	default:
		return fmt.Sprintf("At the limit: %d of %d exist, %d are leased. ", st.Active, st.MaxActive, st.Leased)
	}
}

// all is the subject of a sentence about n resources.
func all(n int) string {
	if n == 1 {
		return "the only one is"
	}
	return fmt.Sprintf("all %d are", n)
}

func waiting(in resource.Inspection) string {
	text := count(uint64(in.Stats.Waiting), "caller waits", "callers wait")
	if len(in.Waiters) > 0 {
		var longest time.Duration
		for _, w := range in.Waiters {
			longest = max(longest, w.Age)
		}
		text += ", the first for " + span(longest)
	}
	return text + "."
}

func count(n uint64, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// span formats a duration with three digits.
func span(d time.Duration) string {
	for unit := time.Duration(1); unit < time.Hour; unit *= 10 {
		if d < 1000*unit {
			return d.Round(unit).String()
		}
	}
	return d.Round(time.Minute).String()
}
