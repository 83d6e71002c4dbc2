package resource_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestLikePuddle has this pool and puddle's do the same, and expects the same
// state of both after every step. It leaves out the cases in which they differ by
// design:
//
//   - TryAcquire where nothing is idle and there is room: puddle opens in the
//     background and has nothing for the caller, this pool opens for the caller.
//   - Close while a caller waits or opens: puddle lets the caller go on, and lends
//     the new resource although the pool is closed; this pool refuses the caller.
//   - Acquires of a closed pool whose resources are all leased: puddle has them wait
//     until a resource comes back, and only then says that it is closed.
//   - A Close function that takes time: puddle frees the place before the close, see
//     TestPlaceOfWhatIsBeingClosed.
//   - An Open that panics: puddle calls it on its own goroutine, where no caller
//     can recover. For Goexit see TestPlaceOfWhatExits.
//   - A lease that is used when it is over: puddle panics.
//   - CreateResource and AcquireAllIdle have no counterpart.
//
// OpenDetached is how puddle always opens.
func TestLikePuddle(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		places := rapid.IntRange(1, 3).Draw(rt, "places")
		script := rapid.SliceOfN(rapid.Custom(drawPeerStep), 40, 80).Draw(rt, "script")
		closing := rapid.SliceOfN(rapid.Custom(drawPeerStep), 0, 10).Draw(rt, "closing")
		var wrong string
		synctest.Test(t, func(*testing.T) { wrong = runPeers(places, script, closing) })
		if wrong != "" {
			rt.Fatal(wrong)
		}
	})
}

// peerStep is one action, on the n-th of the objects on which it is possible.
type peerStep struct {
	what string
	n    int
}

func drawPeerStep(t *rapid.T) peerStep {
	return peerStep{
		rapid.SampledFrom([]string{
			"release", "release", "acquire", "open", "try", "acquire", "release", "open", "cancel",
			"acquire", "discard", "fail", "detach", "reset", "late acquire",
		}).Draw(t, "what"),
		rapid.IntRange(0, 5).Draw(t, "n"),
	}
}

// runPeers follows the script, closes the pools, follows the script for that, and
// puts everything away. It returns what the pools differ in.
func runPeers(places int, script, closing []peerStep) string {
	ours, theirs := newOurs(places, nil), newTheirs(places, nil)
	did := ""
	do := func(s peerStep) (wrong string) {
		if ours.excludes(s) {
			return ""
		}
		did += fmt.Sprintf("\n%s %d", s.what, s.n)
		ours.do(s)
		theirs.do(s)
		if diff := cmp.Diff(theirs.look(), ours.look()); diff != "" {
			return fmt.Sprintf("after%s\n(-puddle +ours):\n%s", did, diff)
		}
		return ""
	}
	all := slices.Concat(
		script, slices.Repeat([]peerStep{{"cancel", 0}}, len(script)), []peerStep{{"close", 0}},
		closing, slices.Repeat([]peerStep{{"open", 0}, {"release", 0}}, len(script)),
	)
	for _, s := range all {
		if wrong := do(s); wrong != "" {
			return wrong
		}
	}
	if end := ours.look(); !end.ShutdownOver || end.Counts.Total != 0 || len(end.Closed)+ours.detached != ours.yard.opened {
		return fmt.Sprintf("after%s\n%d were opened, %d detached: %+v", did, ours.yard.opened, ours.detached, end)
	}
	return ""
}

var errPeer = errors.New("cannot open")
