package oracle

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// TestOraclesFire has each oracle alone hear of a ledger that does not exist: a
// story whose last effects no pool should have.
func TestOraclesFire(t *testing.T) {
	tested := map[string]bool{restOracle: true} // by TestUnrest
	for _, tc := range riggedStories() {
		tested[tc.oracle] = true
		t.Run(tc.oracle, func(t *testing.T) {
			v := hear(t, tc.story, tc.look, tc.oracle)
			switch {
			case v == nil:
				t.Errorf("no objection, want: %s", tc.want)
			case v.Detail != tc.want || v.Oracle != tc.oracle:
				t.Errorf("%s objects: %s\nwant: %s", v.Oracle, v.Detail, tc.want)
			}
		})
	}
	for _, o := range oracles() {
		if !tested[o.name] {
			t.Errorf("the oracle %s has no test", o.name)
		}
	}
}

// rigged is a story in which an oracle fires at the last event.
type rigged struct {
	oracle string
	story  string
	want   string
	// look changes what the ledger shows of itself. Nil: nothing is wrong with it.
	look func(*Witness)
}

// hear has one oracle hear a story, or all if it has no name. Before the last
// event there must be no objection.
func hear(t *testing.T, text string, look func(*Witness), name string) *Objection {
	s, err := story.Parse("rigged", []byte("# A rigged story.\n"+strings.ReplaceAll(text, "\t", "")))
	if err != nil {
		t.Fatal(err)
	}
	c := NewCourt(s.Pool)
	for _, o := range oracles() {
		if o.name == name {
			c.oracles = []oracle{o}
		}
	}
	at := policy.Instant(0)
	for i, step := range s.Steps {
		last := i == len(s.Steps)-1
		at = at.Add(step.After)
		v := c.Judge(at, step.Event, parseEffects(t, step), func(w *Witness) {
			w.next, w.stats = w.deadline().at, w.trueStats()
			if last && look != nil {
				look(w)
			}
		})
		if v != nil && !last {
			t.Fatalf("%v: %v", step.Event, v)
		}
		if last {
			return v
		}
	}
	return nil
}

// trueStats are those of a ledger that counts what has happened.
func (w *Witness) trueStats() ledger.Stats {
	n := &w.counts
	st := ledger.Stats{
		Active: w.active(), Opening: w.count(ledger.Opening), Testing: w.count(ledger.Testing), Idle: len(w.idle),
		Leased: w.count(ledger.Leased), Closing: w.count(ledger.Closing), Waiting: len(w.queue),
		Acquires: n.acquires, Granted: n.granted, Canceled: n.canceled, Failed: n.failed, WaitsGranted: n.toServe,
		Opened: n.opened, OpenFailed: n.openFailed, Detached: n.detached, Closed: n.closed, ClosesAbandoned: n.abandoned,
	}
	copy(st.Refused[:], n.refused[:])
	return st
}

// parseEffects reads the effects that a story claims.
func parseEffects(t *testing.T, step story.Step) (all []story.Effect) {
	for _, text := range step.Effects {
		f := story.Effect{Kind: story.Answered, Client: step.Event.What.Client}
		rest := strings.TrimPrefix(text, "-> ")
		if after, ok := strings.CutPrefix(text, "wakes "); ok {
			f.Kind = story.Wakes
			f.Client, rest, _ = strings.Cut(after, ": ")
		}
		for kind, word := range map[story.Kind]string{story.Closes: "closes slot", story.Opens: "opens slot", story.Tests: "tests slot"} {
			if strings.HasPrefix(text, word) {
				f.Kind, f.Client = kind, ""
			}
		}
		if slot, until, ok := strings.Cut(strings.TrimPrefix(text, "enters "), ", until "); ok {
			f.Kind, f.Client, f.Until, rest = story.Enters, "", ledger.Never, slot
			if d, err := time.ParseDuration(until); err == nil {
				f.Until = policy.Instant(d)
			}
		}
		parseAnswer(&f, rest)
		if f.Kind == story.Tests {
			f.Do = ledger.Done // no client gets the slot
		}
		if got := f.String(); got != text {
			t.Fatalf("read %q as %q", text, got)
		}
		all = append(all, f)
	}
	return all
}

func parseAnswer(f *story.Effect, text string) {
	word, in := text, ""
	if i := strings.Index(text, " ("); i >= 0 {
		word, in = text[:i], strings.TrimSuffix(text[i+2:], ")")
	}
	verb, slot, _ := strings.Cut(word, " slot ")
	if f.Kind == story.Enters {
		slot = strings.TrimPrefix(word, "slot ")
	}
	fmt.Sscanf(slot, "%d.%d", &f.Slot, &f.Gen)
	for do := ledger.Done; do <= ledger.Stale; do++ {
		if do.String() == verb || do.String()+"s" == verb {
			f.Do = do
		}
	}
	fmt.Sscanf(in, "due %b", &f.Due)
	for why := ledger.NotRefused; why <= ledger.Reserved; why++ {
		if f.Do == ledger.Refused && why.String() == in {
			f.Why = why
		}
	}
	for why := ledger.NotClosed; why < ledger.NumReasons; why++ {
		if f.Do == ledger.Close && why.String() == in {
			f.Reason = why
		}
	}
}

// TestUnrest has a pool that nobody uses any more, and in which something is left.
func TestUnrest(t *testing.T) {
	for _, tc := range []struct{ story, want string }{
		{"pool max-active=2\n" + two + "+1ms acquire c\n    -> wait\ndetach a\n    -> done\n",
			"c still waits, since 1ms, and next is never; 1 of 2 places are taken: slot 2 (leased to b since 0s)"},
		{"pool\nacquire a\n    -> open slot 1.1\n+1ms acquire b\n    -> open slot 2.1\nopened a\n    -> granted slot 1.1\nrelease a\n    -> done\n",
			"the acquire of b has no outcome, since 1ms: it was answered open"},
		{"pool\n" + two + "release a\n    -> done\n+3ms discard b\n    -> close slot 2.2 (discarded)\n",
			"left is slot 2 (closing since 3ms), and nobody has anything to do about it"},
		{"pool\nacquire a\n    -> open slot 1.1\n+1ms opened a\n    -> granted slot 1.1\nrelease a\n    -> done\n+1ms shut\n    closes slot 1.2 (pool shut)\n",
			"the pool is shut, and left is slot 1 (closing since 2ms), opened at 1ms"},
		{"pool min-idle=1\nacquire a\n    -> open slot 1.1\nopened a\n    -> granted slot 1.1\ndetach a\n    -> done\n",
			"0 are idle and 1 should be; next is 0s"},
		{"pool\n" + two + "release a\n    -> done\nrelease b\n    -> done\n", ""},
	} {
		var got string
		hear(t, tc.story, func(w *Witness) { got = w.WhyNotIdle() }, "ledger")
		if got != tc.want {
			t.Errorf("%s\nleft: %s\nwant: %s", tc.story, got, tc.want)
		}
	}
}
