package oracle

import (
	"testing"
)

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
