package planted_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// plantedChecks is how many runs the comparison with the model may take to find a planted
// fault.
const plantedChecks = 20_000

// plantedInTotal are faults in what several ledgers share. The search knows one ledger
// only, so these are for the ledger's own tests, above all TestTotalTwin, which
// compares the ledgers of a Total with a model.
func plantedInTotal() []planted {
	return []planted{
		{"resource counts no more while it is closed for another key", "total_takeover.go",
			"	l.total.active-- // s and its heir count once\n	heir :=", "	l.total.active -= 2\n	heir :="},
		{"place lost when it is handed over", "total_takeover.go",
			"	l.total.active++ // from here on s and its heir count each on its own\n",
			"	l.total.active += 2\n"},
		{"place lost when the acquirer leaves", "total_takeover.go",
			"	l.total.active++ // the place stays that of s\n", "	l.total.active += 2\n"},
		{"limit of all off by one", "total.go",
			"return t.active < t.maxActive }", "return t.active <= t.maxActive }"},
		{"idle limit of all off by one", "total_idle.go",
			"	if t.idle.n <= t.maxIdle {\n", "	if t.idle.n <= t.maxIdle+1 {\n"},
		{"the last one to become idle is displaced", "total_takeover.go",
			"return l.takeOver(now, l.total.oldestIdle()) }", "return l.takeOver(now, l.total.idle.front) }"},
		{"a younger waiter of the own key goes first", "total.go",
			"waits && oldest < o.firstArrival {\n", "waits && oldest > 0 {\n"},
		{"an older waiter of the own key goes last", "total.go",
			"	if oldest, waits := l.oldestArrival(); waits && oldest < o.firstArrival {\n		return nil\n	}\n", ""},
		{"waiters of other keys are forgotten on a return", "release.go",
			"	if o := l.olderElsewhere(); o != nil {\n", "	if o := l.olderElsewhere(); o != nil && o.eligiblePos == 0 {\n"},
		{"waiters of other keys are forgotten on a close", "close.go",
			"		l.total.serve(now) // leaves nothing to do below\n", ""},
		{"waiters are forgotten when a place is handed over", "total_takeover.go",
			"	l.serve(now) // the ledger has room again, if not the total\n", ""},
		{"waiters are forgotten when an acquirer leaves", "total_takeover.go",
			"	to.serve(now) // the acquirer's ledger has room again, and others may be idle\n", ""},
		{"a waiter of a full key takes a place", "total.go",
			"	return l.queue.n > 0 && l.ownRoom() && !held\n", "	return l.queue.n > 0 && !held\n"},
		{"idle ones are no help to waiters", "total.go",
			"return !t.room() && t.idle.n == 0 }", "return !t.room() }"},
		{"a full key displaces", "total.go",
			"!l.shut && l.active() < l.maxActive && l.total.idle.n > 0", "!l.shut && l.total.idle.n > 0"},
		{"the removed key opens after all", "total_takeover.go",
			"	if to.shut {\n", "	if to.shut && s.uses == 0 {\n"},
		{"canceled waiter keeps the heir", "acquire.go",
			"		s.details.ledger.disinherit(now, s)\n", ""},
		{"acquirer that has left keeps the heir", "open.go",
			"			l.disinherit(now, s).stats.Failed++\n", "			l.stats.Failed++\n"},
		{"the heap is not kept in order on the way up", "heap.go",
			"		if !h.order.before(e, h.entries[parent]) {\n", "		if h.order.before(e, h.entries[parent]) {\n"},
		{"the heap is not kept in order on the way down", "heap.go",
			"h.order.before(h.entries[r], h.entries[child]) {\n", "h.order.before(h.entries[child], h.entries[r]) {\n"},
		{"the next waiter inherits the arrival of the first", "total_eligible.go",
			"	case eligible && oldest != l.firstArrival:\n", "	case eligible && l.eligiblePos < 0:\n"},
		{"MinIdle of a key takes the last places", "total_minidle.go",
			"return t.room() && t.idle.n+t.filling+t.tested < t.maxIdle }",
			"return t.idle.n+t.filling+t.tested < t.maxIdle }"},
		{"MinIdle of a key exceeds what may be idle", "total_minidle.go",
			"return t.room() && t.idle.n+t.filling+t.tested < t.maxIdle }",
			"return t.room() }"},
		{"MinIdle is forgotten while the total is full", "total.go",
			"	if l.minIdle.want > 0 && l.wantsFill() && !l.total.canFill() {\n		l.total.noteHungry(l)\n	}\n", ""},
		{"MinIdle is forgotten when a place is free", "total.go",
			"		l.answer(now, l.firstWaiter(), l.open(forCaller))\n		} else {\n			l.answer(now, l.firstWaiter(), l.takeOldest(now))\n		}\n	}\n	t.feed()\n",
			"		l.answer(now, l.firstWaiter(), l.open(forCaller))\n		} else {\n			l.answer(now, l.firstWaiter(), l.takeOldest(now))\n		}\n	}\n"},
		{"MinIdle of a displaced one is forgotten", "total_takeover.go",
			"	from.scheduleFillIfMinIdle(now)\n", ""},
		{"other keys' MinIdle waits without end for one that does not open", "total_minidle.go",
			"	l.total.feed()\n", ""},
		{"swept ones stay in the list of all idle", "work.go",
			"		l.total.sweepIdle(l)\n", ""},
		{"a key whose opens are held takes a place", "total.go",
			"(l.hold.probe != nil || !l.pauseOver)", "!l.pauseOver"},
		{"end of a pause is not seen while the total is full", "total.go",
			"	l.scheduleProbe(now)\n", ""},
		{"probe displaces while another one is under way", "acquire.go",
			"	if l.canTakeOver() && !l.hold.holds(now) {\n", "	if l.canTakeOver() {\n"},
		{"waiters of other keys are forgotten after a test in the background", "idletest.go",
			"	} else if o != nil {\n", "	} else if o != nil && o == l {\n"},
		{"place among the idle is lost in a test", "total_idle.go",
			"	case idle && !s.details.totalListed:\n		t.idle.pushBack(s)\n", "	case idle && !s.details.totalListed:\n		t.idle.pushFront(s)\n"},
		{"one that is tested is displaced", "total_idle.go",
			"	for t.idle.back.details.totalTested {\n", "	for t.idle.back.details.totalTested && t.idle.n > 1 {\n"},
		{"tested ones are too many when they are idle again", "idletest.go",
			"		if a = l.total.surplusIdle(now); a.Do != Done {\n			return a\n		}\n", ""},
		{"an urgent waiter costs its key the turn", "urgent.go",
			"w != nil && (!waits || w.arrival < arrival)", "w != nil && !waits"},
		{"a place to open does not end the overload of a key", "shed.go",
			"{ return l.granted + l.waitsGranted }", "{ return l.granted }"},
		{"one is shed where several should be under one key", "shed.go",
			"	for s.stands != Never && l.shedAt() <= now {\n", "	if s.stands != Never && l.shedAt() <= now {\n"},
		{"waiters of another key are not seen", "total.go",
			"	l.touch()\n	if l.minIdle.want > 0", "	if l.minIdle.want > 0"},
		{"a successor exceeds what may be idle", "replace.go",
			"	if !l.room() || l.total != nil && !l.total.canFill() {\n", "	if !l.room() {\n"},
		{"a successor takes the place that another key may need", "replace.go",
			"	return l.total == nil && l.active()", "	return l.active()"},
		{"one with a successor is closed, and a waiter of another key goes on waiting", "replace.go",
			"l.queue.n == 0 && l.olderElsewhere() == nil", "l.queue.n == 0"},
		{"closes are not seen", "work.go",
			"l.work.close, s\n	l.pending = true\n	l.touch()\n", "l.work.close, s\n	l.pending = true\n"},
		{"deadline of another key is not seen", "time.go",
			"		l.next = at\n		l.touch()\n", "		l.next = at\n"},
	}
}

// TestPlantedFaultsOfTotal builds the ledger's tests once, with every fault and a switch
// that turns on one of them. With each fault on, a test of Total must fail. With none on,
// all must pass. The seed is fixed, so that the outcome depends on the code alone.
func TestPlantedFaultsOfTotal(t *testing.T) {
	faults := number(t, plantedInTotal(), everyFault())
	if testing.Short() || raceDetector {
		faults = faults[:4]
	}
	program := buildPlantedTests(t, ledgerFolder, everyFault())
	if out, failed := compareTotals(t, program, "^TestTotal", noFault, 300); failed {
		t.Fatalf("without any fault:\n%s", out)
	}
	t.Run("fault", func(t *testing.T) {
		for _, f := range faults {
			t.Run(strings.ReplaceAll(f.name, " ", "-"), func(t *testing.T) {
				t.Parallel()
				out, failed := compareTotals(t, program, f.inTotals(), f.number, plantedChecks)
				if !failed {
					t.Fatalf("not found in %d runs", plantedChecks)
				}
				found := foundBy.FindString(out)
				if found == "" {
					t.Fatalf("no test has failed:\n%s", out)
				}
				t.Log(found)
			})
		}
	})
}

// foundBy finds the line that says what was wrong.
var foundBy = regexp.MustCompile(`(?m)((failed|panic) after \d+ tests: .*|^ +total_test.go:\d+: .*|^panic: .*)$`)

// inTotals returns which tests are to find a fault. Few runs of the others come to replace a
// slot.
func (f *planted) inTotals() string {
	if f.file == "replace.go" {
		return "^TestTotalTwinReplaces$"
	}
	return "^TestTotal"
}

// compareTotals runs tests of Total with one fault on, or with none.
func compareTotals(t *testing.T, program, tests string, fault, checks int) (out string, failed bool) {
	c := exec.CommandContext(t.Context(), program, "-test.run", tests, "-test.failfast", "-rapid.seed", "1", "-rapid.nofailfile", "-rapid.shrinktime", "1s", "-rapid.checks", fmt.Sprint(checks))
	c.Dir = t.TempDir()
	c.Env = append(os.Environ(), fmt.Sprintf("%s=%d", plantedVariable, fault))
	text, err := c.CombinedOutput()
	return string(text), err != nil
}
