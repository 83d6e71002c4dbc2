package oracle

import (
	"errors"

	"github.com/respool/respool/resource/ledger"
)

// two has clients a and b with a slot each.
const two = `acquire a
	    -> open slot 1.1
	acquire b
	    -> open slot 2.1
	opened a
	    -> granted slot 1.1
	opened b
	    -> granted slot 2.1
	`

// lane has slot 1 in the lane, without a deadline.
const lane = two + `release a
	    -> done
	enter
	    enters slot 1.2, until never
	`

func riggedStories() []rigged {
	return []rigged{
		{oracle: "age", story: "pool idle-timeout=5ms\n" + lane + "+5000001ns turn c\n    -> granted slot 1.2\n",
			want: "slot 1 is lent to c, but it has been idle for 5.000001ms, the limit is 5ms"},
		{oracle: "age", story: "pool max-age=5ms\n" + lane + "turn c\n    -> granted slot 1.2\nturn c\n    -> done\n+5ms turn c\n    -> granted slot 1.2\n",
			want: "slot 1 is lent to c, but it is 5ms old, the limit is 5ms"},
		{oracle: "test", story: "pool test=if-idle-for:1ms\n" + lane + "+1ms turn c\n    -> granted slot 1.2\n",
			want: "slot 1 is lent to c with tests 0, due are 1: returned at 0s, tested at [0s]"},
		{oracle: "owner", story: "pool\n" + lane + "turn c\n    -> granted slot 1.2\nturn c\n    -> done\nleave\nacquire d\n    -> granted slot 1.2\n",
			want: "d gets slot 1.2, but that handle was given up before"},
		{oracle: "owner", story: "pool\n" + lane + "turn c\n    -> granted slot 1.2\nturn c\n    -> done\nleave\nrelease c\n    -> done\n",
			want: "release c ends a lease that had ended before: -> done"},
		{oracle: "counts", story: "pool\n" + lane + "turn c\n    -> granted slot 1.2\n",
			look: func(w *Witness) { w.stats.Granted-- },
			want: "after turn c 3 acquires were granted, the statistics say 2"},
		{oracle: "once", story: "pool max-active=2\n" + two + "acquire c\n    -> done\n",
			want: "acquire c is answered done, must be one of [granted test open close wait refused]"},
		{oracle: "once", story: "pool max-active=2\n" + two + "acquire c\n    -> wait\ncancel c\n    -> done\nrelease a\n    -> done\n    wakes c: granted slot 1.2\n",
			want: "c is woken (granted), but is not in the queue"},
		{oracle: "owner", story: "pool\n" + two + "+4ms acquire c\n    -> granted slot 1.2\n",
			want: "c gets slot 1.2, but slot 1 (leased to a since 0s) is not free"},
		{oracle: "owner", story: "pool\n" + two + "release a\n    -> done\nreset\nacquire c\n    -> granted slot 1.2\n",
			want: "c gets slot 1.2, but it began to be opened before the last reset"},
		{oracle: "owner", story: "pool\n" + two + "release a\n    -> done\nacquire c\n    -> granted slot 1.1\n",
			want: "c gets slot 1.1, but that handle was given up before"},
		{oracle: "owner", story: "pool\n" + two + "release a\n    -> done\nrelease a\n    -> done\n",
			want: "release a ends a lease that had ended before: -> done"},
		{oracle: "fifo", story: "pool max-active=2\n" + two + "+1ms acquire c\n    -> wait\n+1ms acquire d\n    -> wait\nrelease a\n    -> done\n    wakes d: granted slot 1.2\n",
			want: "d is served (granted), but c is first in the queue, since 1ms"},
		{oracle: "fifo", story: "pool max-active=2\n" + two + "+1ms acquire c\n    -> wait\n+1ms acquire d\n    -> open slot 3.1\n",
			want: "d has just come and is answered open, but c is in the queue since 1ms"},
		{oracle: "capacity", story: "pool max-active=2\n" + two + "discard a\n    -> close slot 1.2 (discarded)\n+2ms acquire c\n    -> open slot 3.1\n",
			want: "after acquire c 3 places are taken, 2 may be: slot 1 (closing since 0s), slot 2 (leased to b since 0s), slot 3 (opening for c since 2ms)"},
		{oracle: "capacity", story: "pool max-idle=1\n" + two + "release a\n    -> done\n+1ms release b\n    -> done\n",
			want: "after release b 2 are idle, 1 may be: slot 1 (idle since 0s), slot 2 (idle since 1ms)"},
		{oracle: "closed", story: "pool\n" + two + "discard a\n    -> close slot 1.2 (discarded)\n+1ms reset\n    closes slot 1.2 (reset)\n",
			want: "slot 1 (closing since 0s) is to be closed a second time (reset)"},
		{oracle: "closed", story: "pool\n" + two + "release a\n    -> done\nreset\n",
			want: "slot 1 is kept, though it began to be opened before the last reset"},
		{oracle: "age", story: "pool idle-timeout=5ms\n" + two + "release a\n    -> done\n+5ms acquire c\n    -> granted slot 1.2\nrelease c\n    -> done\n+5.000001ms acquire c\n    -> granted slot 1.3\n",
			want: "slot 1 is lent to c, but it has been idle for 5.000001ms, the limit is 5ms"},
		{oracle: "age", story: "pool max-age=5ms\n" + two + "release a\n    -> done\n+5ms acquire c\n    -> granted slot 1.2\n",
			want: "slot 1 is lent to c, but it is 5ms old, the limit is 5ms"},
		{oracle: "test", story: "pool test=if-idle-for:1ms\n" + two + "release a\n    -> done\n+1ms acquire c\n    -> granted slot 1.2\n",
			want: "slot 1 is lent to c with tests 0, due are 1: returned at 0s, tested at [0s]"},
		{oracle: "order", story: "pool\n" + two + "release a\n    -> done\n+1ms release b\n    -> done\nacquire c\n    -> granted slot 1.2\n",
			want: "slot 1, idle since 0s, is lent to c; in turn was slot 2, idle since 1ms"},
		{oracle: "reason", story: "pool idle-timeout=5ms\n" + two + "release a\n    -> done\n+5ms advance\n    closes slot 1.2 (idle too long)\n",
			want: "slot 1 is closed (idle too long), but it is idle since 0s, the limit is 5ms"},
		{oracle: "reason", story: "pool max-active=2\n" + two + "release a\n    -> done\n+1ms release b\n    -> done\nresize 1 1\n+1ms advance\n    closes slot 2.2 (surplus)\n",
			want: "slot 2, idle since 1ms, is closed (surplus), and slot 1 stays, idle since 0s"},
		{oracle: "refusal", story: "pool max-active=2 wait-timeout=3ms\n" + two + "acquire c\n    -> wait\n+2ms advance\n    wakes c: refused (timed out)\n",
			want: "c is refused (timed out), but it waits since 0s, the limit is 3ms"},
		{oracle: "refusal", story: "pool max-active=3\n" + two + "try c\n    -> refused (exhausted)\n",
			want: "c is refused (exhausted), but 0 are idle, and 2 of 3 places are taken"},
		{oracle: "idler", story: "pool max-active=2\n" + two + "+1ms acquire c\n    -> wait\n+1ms release a\n    -> done\n",
			want: "c waits since 1ms while slot 1 (idle since 2ms) lies idle"},
		{oracle: "hold", story: "pool open-backoff=10s\nacquire a\n    -> open slot 1.1\nopen-failed a\n    -> held\n+999ms acquire b\n    -> open slot 2.1\n",
			want: "slot 2 is opened, but openings have failed, and there is a pause until 1s"},
		{oracle: "hold", story: "pool open-backoff=10s\nacquire a\n    -> open slot 1.1\nopen-failed a\n    -> held\n+1s rejoin a\n    -> open slot 2.1\n+5s acquire b\n    -> open slot 3.1\n",
			want: "slot 3 is opened, but openings have failed, and slot 2 is the probe"},
		{oracle: "hold", story: "pool open-backoff=10s max-active=1 test=always\nacquire a\n    -> open slot 1.1\nopened a\n    -> granted slot 1.1\nrelease a\n    -> done\nacquire a\n    -> test slot 1.2 (due 1)\ntested a failed\n    -> held\n",
			want: "tested a failed is answered held, but openings are not held"},
		{oracle: "hold", story: "pool open-backoff=10s\nacquire a\n    -> open slot 1.1\nacquire b\n    -> open slot 2.1\nopen-failed a\n    -> held\nacquire c unbounded\n    -> wait\nopen-failed b\n    -> held\n",
			want: "an open has failed and nothing can come back, but c waits, and nothing bounds its wait"},
		{oracle: "min-idle", story: "pool max-active=2 min-idle=1\n" + two + "advance\n    opens slot 3.1\n",
			want: "slot 3 is opened for MinIdle: 0 are idle, 1 should be, 2 of 2 places are taken, 0 wait"},
		{oracle: "min-idle", story: "pool min-idle=1\nadvance\n    opens slot 1.1\nopen-failed slot 1\n    -> done\n+99ms advance\n    opens slot 2.1\n",
			want: "slot 2 is opened for MinIdle, but 1 openings have failed and 0 were in vain, so none is due before 100ms"},
		{oracle: "min-idle", story: "pool min-idle=1 idle-timeout=5ms\nadvance\n    opens slot 1.1\nopened slot 1\n    -> done\n+5000001ns advance\n    closes slot 1.1 (idle too long)\nclosed slot 1\n    -> done\nadvance\n    opens slot 2.1\n",
			want: "slot 2 is opened for MinIdle, but 0 openings have failed and 1 were in vain, so none is due before 105.000001ms"},
		{oracle: "idle-test", story: "pool test=if-idle-for:1h test-idle-every=5ms\n" + two + "release a\n    -> done\n+4ms advance\n    tests slot 1.2 (due 1)\n",
			want: "slot 1 is tested in the background at 4ms, and was idle or tested at 0s"},
		{oracle: "idle-test", story: "pool test=if-idle-for:1h test-idle-every=5ms\n" + two + "release a\n    -> done\nrelease b\n    -> done\n+5ms advance\n    tests slot 1.2 (due 1)\n    tests slot 2.2 (due 1)\n",
			want: "slot 2 is tested in the background, and 1 are already, of 1 that may be"},
		{oracle: "idle-test", story: "pool test=if-idle-for:1h test-idle-every=5ms\n" + two + "release a\n    -> done\n+1ms release b\n    -> done\n+6ms advance\n    tests slot 2.2 (due 1)\n",
			want: "slot 2 (testing since 7ms) is tested in the background, and the test of slot 1 (idle since 0s) has been due for longer"},
		{oracle: "replace", story: "pool max-age=20s replace-ahead=2s\n" + two + "release a\n    -> done\n+17s advance\n    opens slot 3.1\n",
			want: "slot 3 is opened to replace another, and no slot that was lent is near its end"},
		{oracle: "replace", story: "pool max-active=2 max-age=20s replace-ahead=2s\n" + two + "release a\n    -> done\n+18s advance\n    opens slot 3.1\n",
			want: "slot 3 is opened to replace another, and 2 of 2 places are taken"},
		{oracle: "replace", story: "pool max-age=20s replace-ahead=2s\n" + two + "release a\n    -> done\n+18s advance\n    opens slot 3.1\nadvance\n    opens slot 4.1\n",
			want: "slot 4 is opened to replace another, and another opening in advance is under way"},
		{oracle: "replace", story: "pool max-age=20s replace-ahead=2s\n" + two + "release a\n    -> done\n+18s advance\n    opens slot 3.1\nopen-failed slot 3\n    -> done\n+99ms advance\n    opens slot 4.1\n",
			want: "slot 4 is opened to replace another, and none is to be opened in advance before 18.1s"},
		{oracle: "shed", story: "pool max-active=2 shed-target=1s shed-interval=2s\n" + two + "acquire c\n    -> wait\n+3s advance\n",
			look: func(w *Witness) { w.next = ledger.Never },
			want: "c waits since 0s, longer than the target, 1s, and the interval, 2s"},
		{oracle: "shed", story: "pool max-active=2 shed-target=1s shed-interval=2s\n" + two + "acquire c\n    -> wait\n+2s acquire d\n    -> wait\n+1s advance\n    wakes c: refused (shed)\n",
			look: func(w *Witness) { w.next = ledger.Never },
			want: "d waits since 2s, the target is 1s, and the pool is overloaded"},
		{oracle: "refusal", story: "pool max-active=2 shed-target=1s shed-interval=2s\n" + two + "acquire c\n    -> wait\n+2999ms advance\n    wakes c: refused (shed)\n",
			want: "c is refused (shed), but the queue stands since 1s, the interval is 2s"},
		{oracle: "refusal", story: "pool max-active=2 shed-target=1s shed-interval=2s\n" + two + "acquire c\n    -> wait\n+2500ms acquire d\n    -> wait\n+500ms advance\n    wakes c: refused (shed)\n    wakes d: refused (shed)\n",
			want: "d is refused (shed), but it waits since 2.5s, the target is 1s"},
		{oracle: "refusal", story: "pool max-active=2 shed-target=1s shed-interval=2s\n" + two + "acquire c\n    -> wait\n+500ms acquire d\n    -> wait\n+1400ms release a\n    -> done\n    wakes c: granted slot 1.2\n+1100ms release c\n    -> done\n    wakes d: granted slot 1.3\nacquire a\n    -> wait\n+1s advance\n    wakes a: refused (shed)\n",
			want: "a is refused (shed), but the queue stands since 4s, the interval is 2s"},
		{oracle: "reserve", story: "pool max-active=3 reserve=1\n" + two + "background c\n    -> open slot 3.1\n",
			want: "c acquires in the background, and leaves 0 places, 1 are reserved"},
		{oracle: "reserve", story: "pool max-active=2\n" + two + "acquire c\n    -> wait\nbackground d\n    -> open slot 3.1\n",
			want: "d acquires in the background and is answered open, and c waits"},
		{oracle: "refusal", story: "pool max-active=4 reserve=1\n" + two + "background c\n    -> refused (reserved)\n",
			want: "c is refused (reserved), but nobody waits, 2 of 4 places are in use, and 1 are reserved"},
		{oracle: "errand", story: "pool test=always\n" + two + "release a\n    -> done\nacquire c\n    -> test slot 1.2 (due 1)\ntested c failed\n    -> close slot 1.2 (failed test)\n",
			want: "c has to close slot 1 before it goes on, and 2 of 2147483647 places are taken"},
		{oracle: "due", story: "pool max-active=2 wait-timeout=3ms\n" + two + "+1ms acquire c\n    -> wait\n",
			look: func(w *Witness) { w.next = ledger.Never },
			want: "next is never, but c has waited too long at 4ms"},
		{oracle: "shut", story: "pool\n" + two + "release a\n    -> done\n+2ms shut\n",
			want: "the pool is shut, and kept is slot 1 (idle since 0s)"},
		{oracle: "shut", story: "pool\nacquire a\n    -> open slot 1.1\nshut\nopened a\n    -> granted slot 1.1\n",
			want: "the pool is shut, and opened a gives out slot 1: -> granted slot 1.1"},
		{oracle: "counts", story: "pool\n" + two + "discard a\n    -> close slot 1.2 (discarded)\n",
			look: func(w *Witness) { w.stats.Closing = 0 },
			want: "after discard a 1 are closing, the statistics say 0"},
		{oracle: "ledger", story: "pool\nacquire a\n    -> open slot 1.1\n",
			look: func(w *Witness) { w.broken = errors.New("I1: two are opening, counted is one") },
			want: "I1: two are opening, counted is one"},
	}
}
